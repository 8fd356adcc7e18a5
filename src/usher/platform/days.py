"""Where a day begins and ends in a time zone, also at the ends of the calendar."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def begin_of(day: date, zone: tzinfo) -> datetime:
    """The first moment of the day, in UTC; the first or last one of the calendar if that is beyond it."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return EARLIEST if day.year == date.min.year else LATEST


def end_of(day: date, zone: tzinfo) -> datetime:
    """The first moment after the day, in UTC; the last one of the calendar if that is beyond it."""
    return LATEST if day == date.max else begin_of(day + timedelta(days=1), zone)
