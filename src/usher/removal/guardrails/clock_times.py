"""When a clock shows a time next, on days on which it is set forward or back too."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_quiet(start: time, end: time, time_zone: ZoneInfo, moment: datetime) -> datetime | None:
    """When the quiet hours around a moment end; None if it is outside of them."""
    ends = moment
    while _is_quiet(start, end, ends.astimezone(time_zone).time()):
        ends = _next(end, time_zone, ends)
    return ends if ends != moment else None


def _is_quiet(start: time, end: time, clock: time) -> bool:
    return start <= clock < end if start < end else clock >= start or clock < end


def _next(clock: time, time_zone: ZoneInfo, moment: datetime) -> datetime:
    """When the clock shows that time next. If it skips or repeats the hour, either reading may come next."""
    day = moment.astimezone(time_zone).date()
    readings = (
        datetime.combine(day + timedelta(days=days), clock, time_zone).replace(fold=fold).astimezone(UTC)
        for days in range(3)
        for fold in range(2)
    )
    return min(reading for reading in readings if reading > moment)
