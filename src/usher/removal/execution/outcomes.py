"""How a step can end without success, and the change that it reports to the ledger when it succeeds."""

from dataclasses import dataclass

from usher.ledger.chain import JSON
from usher.refusals import Refused


class CaseSuperseded(Refused):
    """There is nothing left to do."""


class CaseMustWait(Refused):
    """Not now: the case continues once nothing blocks it any more."""


class StepFailed(Refused):
    """A person has to look at it."""


@dataclass(frozen=True)
class AsanaChange:
    """A change that a step made in Asana."""

    action: str
    after: JSON
    before: JSON = None
