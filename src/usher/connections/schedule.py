"""When a connection is synced: once a day, at a time of its own."""

import zlib
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone

from usher.connections.models import ConnectAttempt, Connection, ConnectionTest

NIGHT_MINUTES = 6 * 60


def spread_time(gid: str) -> time:
    """A minute between 00:00 and 06:00 that is always the same for one account, so that many do not start at once."""
    minute = zlib.crc32(gid.encode()) % NIGHT_MINUTES
    return time(minute // 60, minute % 60)


def next_daily_sync(connection: Connection, after: datetime) -> datetime:
    """The next time after the given moment at which the clock in the connection's zone shows `sync_at`."""
    zone = ZoneInfo(connection.time_zone)
    local = after.astimezone(zone)
    for days in range(3):  # on the day when clocks change a local time can be in the past or doubled
        candidate = datetime.combine(local.date() + timedelta(days=days), connection.sync_at, zone)
        if candidate > after:
            return candidate
    raise AssertionError("three days hold every time of day")


def due() -> QuerySet[Connection]:
    """Connected accounts whose time for the next sync has come."""
    return Connection.objects.filter(disconnected_at=None, next_sync_at__lte=timezone.now())


def tidy_up() -> None:
    """Deletes expired sessions, attempts that can no longer be finished, and tests that were looked at."""
    call_command("clearsessions")
    too_old = timezone.now() - timedelta(minutes=ConnectAttempt.LIFETIME_MINUTES)
    ConnectAttempt.objects.filter(created_at__lt=too_old).delete()
    ConnectionTest.objects.filter(started_at__lt=timezone.now() - timedelta(days=30)).delete()
