"""When a connection is synced: once a day, at a time of its own."""

import zlib
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from usher.connections.models import Connection

NIGHT_MINUTES = 6 * 60
LONGEST_DAY = timedelta(hours=49)
"""Between two syncs, where a whole day of the calendar was left out."""


def spread_time(gid: str) -> time:
    """A minute between 00:00 and 06:00, always the same for one account, so that syncs do not start together."""
    minute = zlib.crc32(gid.encode()) % NIGHT_MINUTES
    return time(minute // 60, minute % 60)


def next_daily_sync(connection: Connection, after: datetime) -> datetime:
    """The next moment after `after` when it is `sync_at` in the connection's time zone."""
    zone = ZoneInfo(connection.time_zone)
    local = after.astimezone(zone)
    for days in range(3):  # when clocks change, a local time can be skipped or come twice
        candidate = datetime.combine(local.date() + timedelta(days=days), connection.sync_at, zone)
        if candidate > after:
            return candidate
    raise AssertionError("every time of day occurs within three days")


def due() -> QuerySet[Connection]:
    """Connected accounts whose next sync is due.

    One that is further away than a day can be was set by a clock that was wrong, and is due as well.
    """
    now = timezone.now()
    is_due = Q(next_sync_at__lte=now) | Q(next_sync_at__gt=now + LONGEST_DAY)
    return Connection.objects.filter(is_due, disconnected_at=None)
