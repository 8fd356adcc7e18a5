"""When the events of the demo's past happen."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

Now = Callable[[], datetime]


class Event(NamedTuple):
    at: datetime
    play: Callable[[Now], None]


def moment(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), UTC)


def workday(day: date) -> date:
    """The day or, at a weekend, the Monday after."""
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() >= 5 else 0)


def workdays(first: date, last: date) -> list[date]:
    """From the first to the last."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]
