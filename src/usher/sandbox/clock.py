"""The sandbox's clock: real time, or a time that is set, as the demo does to play its past."""

import time
from datetime import UTC, datetime


class Clock:
    def __init__(self, now: datetime | None = None) -> None:
        self._fixed: float | None = None
        self.set(now)

    def set(self, now: datetime | None) -> None:
        """None returns to real time. A moment without a time zone is in UTC."""
        if now is None:
            self._fixed = None
        else:
            self._fixed = (now if now.tzinfo else now.replace(tzinfo=UTC)).timestamp()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() if self._fixed is None else self._fixed


def timestamp(moment: float, milliseconds: int = 0) -> str:
    """The moment in Asana's format: UTC, with milliseconds."""
    return f"{datetime.fromtimestamp(int(moment), UTC).isoformat()[:19]}.{milliseconds:03d}Z"


def date_text(day: int) -> str:
    return f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"
