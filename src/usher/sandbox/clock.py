"""The sandbox's time: real, or set by whoever runs a demo week by week."""

import time
from datetime import UTC, datetime


class Clock:
    def __init__(self, now: datetime | None = None) -> None:
        self._fixed: float | None = None
        self.set(now)

    def set(self, now: datetime | None) -> None:
        """None goes back to real time. A moment without a zone is taken as UTC."""
        if now is None:
            self._fixed = None
        else:
            self._fixed = (now if now.tzinfo else now.replace(tzinfo=UTC)).timestamp()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() if self._fixed is None else self._fixed


def timestamp(moment: float, milliseconds: int = 0) -> str:
    """As Asana writes times: UTC, with milliseconds."""
    return f"{datetime.fromtimestamp(int(moment), UTC).isoformat()[:19]}.{milliseconds:03d}Z"


def date_text(day: int) -> str:
    return f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"
