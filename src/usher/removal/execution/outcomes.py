"""How a step can end without success, and the change that it reports to the ledger when it succeeds."""

from dataclasses import dataclass
from datetime import datetime

from usher.ledger.chain import JSON
from usher.refusals import Refused


class CaseSuperseded(Refused):
    """There is nothing left to do."""


class CaseMustWait(Refused):
    """Not now: the case continues once nothing blocks it any more, but not before `until`, if that is given."""

    def __init__(self, message: str, remedy: str = "", until: datetime | None = None) -> None:
        super().__init__(message, remedy)
        self.until = until


class StepFailed(Refused):
    """A person has to look at it."""


@dataclass(frozen=True)
class AsanaChange:
    """A change that a step made in Asana."""

    action: str
    after: JSON
    before: JSON = None
