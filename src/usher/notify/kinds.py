"""What Usher tells people: every kind, in the order in which pages show them. Their texts are in `notify.wording`."""

from usher.notify.wording.cases import CASES
from usher.notify.wording.detections import DETECTIONS
from usher.notify.wording.rules import RULES
from usher.notify.wording.to_address import TO_ADDRESS
from usher.notify.wording.watches import WATCHES

ALL_KINDS = [*CASES, *WATCHES, *DETECTIONS, *RULES, *TO_ADDRESS]
KINDS = {kind.name: kind for kind in ALL_KINDS}
FOR_USERS = [kind for kind in ALL_KINDS if not kind.to_address]
