"""Somebody whom Asana shows out of office, and the ends of days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NO_LATER_THAN = date(9998, 12, 31)  # some directories write 9999-12-31 for "never"
AWAY_REMEDY = "Usher looks each day, and goes on when they are back or the directory says that they left."


@dataclass(frozen=True)
class Away:
    """Both days are included; `last` is None if Asana shows no end."""

    first: date
    last: date | None

    @property
    def reason(self) -> str:
        if self.last is None:
            return f"Asana shows them out of office since {self.first:%-d %b %Y}, without an end."
        return f"Asana shows them out of office until {self.last:%-d %b %Y}."

    def includes(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)

    def until(self, time_zone: ZoneInfo) -> datetime | None:
        return None if self.last is None else after_day(self.last, time_zone)


def after_day(day: date, time_zone: ZoneInfo) -> datetime:
    """The end of a day, in UTC: Python compares moments of one zone by their clocks, which can go back."""
    return datetime.combine(min(day, NO_LATER_THAN) + timedelta(days=1), time(), time_zone).astimezone(UTC)
