"""What became of one attempt to send something."""

from datetime import timedelta
from enum import Enum

import msgspec


class Ending(Enum):
    SENT = "sent"
    LATER = "later"
    """Nothing was taken, and it may work later."""
    REFUSED = "refused"
    """It will not work before somebody changes something."""
    BOUNCED = "bounced"
    """The receiver's server does not take mail for this address."""


class Attempt(msgspec.Struct, frozen=True):
    ending: Ending
    problem: str = ""
    remedy: str = ""
    wait: timedelta | None = None
    """What the service asked for, of everything that goes to it."""
    is_gone: bool = False
    """The receiver wants nothing any more: the destination is switched off."""


SENT = Attempt(Ending.SENT)


def later(problem: str, remedy: str = "", wait: timedelta | None = None) -> Attempt:
    return Attempt(Ending.LATER, problem, remedy, wait)


def refused(problem: str, remedy: str, *, is_gone: bool = False) -> Attempt:
    return Attempt(Ending.REFUSED, problem, remedy, is_gone=is_gone)


def retry_after(text: str | None, longest: timedelta = timedelta(hours=24)) -> timedelta | None:
    """The header Retry-After in seconds. A date in it is rare, and ignored: the pauses of our own are long enough."""
    if not text or not text.strip().isdigit() or len(text.strip()) > 9:
        return None
    return min(timedelta(seconds=int(text)), longest)
