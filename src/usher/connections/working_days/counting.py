"""Working time, and days that are counted. The one place for it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from usher.connections.models import Connection
from usher.connections.working_days.calendars import holidays_of, weekend_of

WORKING_HOURS = range(8, 18)


def is_working_day(day: date, calendar: str = "") -> bool:
    return day.weekday() not in weekend_of(calendar) and day not in holidays_of(calendar, day.year)


def is_working_time(connection: Connection, now: datetime) -> bool:
    """On working days between 8 and 18 o'clock in the connection's time zone: Asana does not tell the person's."""
    local = now.astimezone(ZoneInfo(connection.time_zone))
    return local.hour in WORKING_HOURS and is_working_day(local.date(), connection.holiday_calendar)


def working_day_from(day: date, calendar: str = "") -> date:
    """The day itself, or the next one on which people work."""
    while not is_working_day(day, calendar):
        day += timedelta(days=1)
    return day


def days_later(start: date, days: int, calendar: str = "") -> date:
    """So many days after `start`. Weekends count; public holidays that are not on one do not."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() in weekend_of(calendar) or day not in holidays_of(calendar, day.year):
            days -= 1
    return day
