"""What somebody read of a case before they acted: a version that says which part has changed since."""

import hashlib

from usher.ledger.chain import JSON, canonical
from usher.refusals import Refused
from usher.removal.models import Case

NAMES = {
    "kind": "what happens",
    "workspaces": "the workspaces",
    "reason": "the reason",
    "hand_over": "who takes over the work",
    "last_day": "the last day",
}
"""The parts of a case that people decide on. What holds a case, such as a remark, is checked when it begins."""
SETTLED = frozenset(NAMES) - {"last_day"}
"""Parts that stay as they were approved. The directory may move the last day, and the case with it."""


class ReadAnother(Refused):
    """The case is no longer what was read."""

    def __init__(self, changed: list[str]) -> None:
        words = f"{', '.join(changed[:-1])} and {changed[-1]}" if len(changed) > 1 else changed[0]
        super().__init__(f"The case has changed since you read it: {words}.", "Read it again, then decide.")


def version_of(case: Case) -> str:
    """Such as “kind.1f2e3d4c-reason.5a6b7c8d”: the same as long as nothing that is decided on changes."""
    return "-".join(f"{name}.{_digest(value)}" for name, value in _parts(case).items())


def changed_since(case: Case, read: str, parts: frozenset[str] = frozenset(NAMES)) -> list[str]:
    """In words, what is not as it was read. A version that cannot be understood was of another case."""
    then = dict(part.partition(".")[::2] for part in read.split("-"))
    now = {name: _digest(value) for name, value in _parts(case).items()}
    return [NAMES[name] for name in NAMES if name in parts and then.get(name) != now[name]]


def check_read(case: Case, read: str) -> None:
    """Raises ReadAnother."""
    changed = changed_since(case, read)
    if changed:
        raise ReadAnother(changed)


def _parts(case: Case) -> dict[str, JSON]:
    return {
        "kind": [case.pk, str(case.kind)],
        "workspaces": sorted(target.workspace_gid for target in case.targets.all()),
        "reason": case.reason,
        "hand_over": case.hand_over_gid,
        "last_day": case.last_day.isoformat() if case.last_day else None,
    }


def _digest(value: JSON) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()[:8]
