"""How a step can end without success, and the change that it reports to the ledger when it succeeds."""

from dataclasses import dataclass
from datetime import datetime

from usher.ledger.chain import JSON
from usher.refusals import Refused
from usher.removal.cases.moves import HALTED


class CaseSuperseded(Refused):
    """There is nothing left to do."""


class CaseMustWait(Refused):
    """Not now: the case continues once nothing blocks it any more, but not before `until`, if that is given.

    `rule`: the guardrail that holds it, where something else than time may end that.
    """

    def __init__(
        self, message: str, remedy: str = "", until: datetime | None = None, rule: str = HALTED
    ) -> None:
        super().__init__(message, remedy)
        self.until = until
        self.rule = rule


class StepFailed(Refused):
    """A person has to look at it."""


@dataclass(frozen=True)
class AsanaChange:
    """A change that a step made in Asana."""

    action: str
    after: JSON
    before: JSON = None
