"""How a step can end other than well, and what it tells the ledger when it does."""

from dataclasses import dataclass

from usher.ledger.chain import JSON


class CaseSuperseded(Exception):
    """There is nothing to do any more. Its text says why."""


class CaseMustWait(Exception):
    """Not now: the case goes on where it stood once what stands in the way is gone."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class StepFailed(Exception):
    """A person must look at it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True)
class AsanaChange:
    """A change that a step made in Asana."""

    action: str
    after: JSON
    before: JSON = None
