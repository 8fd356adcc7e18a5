"""Whether to retry a failed call, and after how long."""

import math
import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from usher.asana.errors import AsanaError, MalformedAnswer, RateLimited, Unavailable

LONGEST_PAUSE = 600.0
"""Seconds. No `Retry-After` is obeyed for longer: a mistaken one must not stop a token for days."""


class Retries(msgspec.Struct, frozen=True):
    """Limits for the retries of one call. Waits grow, with full jitter. Seconds count from the first failure.

    A `Retry-After` up to `longest_retry_after` is obeyed even beyond `seconds`.
    """

    tries: int = 8
    seconds: float = 300
    first_wait: float = 0.5
    longest_wait: float = 30
    longest_retry_after: float = LONGEST_PAUSE

    def wait_after(self, error: AsanaError, failures: int, elapsed: float) -> float | None:
        """Seconds until the next try; None to give up."""
        if not is_passing(error) or failures >= self.tries or elapsed >= self.seconds:
            return None
        if asked := retry_after(error):
            return asked if asked <= self.longest_retry_after else None
        longest = min(self.longest_wait, self.first_wait * 2.0 ** (failures - 1))
        wait = random.uniform(0, longest)  # noqa: S311  # spreads calls, keeps no secret
        return wait if elapsed + wait < self.seconds else None


def is_passing(error: AsanaError) -> bool:
    """Whether the same call can succeed later."""
    return isinstance(error, RateLimited | Unavailable) or (
        isinstance(error, MalformedAnswer) and error.passing
    )


def may_be_done(error: AsanaError) -> bool:
    """Whether Asana may have carried out a write, so that it must not simply be sent again."""
    if isinstance(error, MalformedAnswer):
        return error.status is None or 200 <= error.status < 300
    return isinstance(error, Unavailable) and not error.not_sent


def retry_after(error: AsanaError) -> float | None:
    """The seconds that Asana asked to wait."""
    return error.retry_after if isinstance(error, RateLimited | Unavailable) else None


def seconds_in(header: str | None) -> float | None:
    """The seconds that a `Retry-After` header asks for (a number or an HTTP date); None if unreadable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
