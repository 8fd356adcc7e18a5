"""Deletes old raw events. The figures computed from them stay."""

import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from usher.activity.ingest.partitions import drop_partitions_before
from usher.activity.models import AuditEvent, StreamEvent, UsageState
from usher.connections.models import Connection

log = logging.getLogger(__name__)


def drop_old_events(now: datetime | None = None) -> list[str]:
    """Drops the months that are completely older than the retention time. By default, everything is kept.

    Returns the names of the dropped partitions.
    """
    days: int | None = settings.USHER_KEEP_EVENTS_DAYS
    if days is None:
        return []
    limit = (now or timezone.now()) - timedelta(days=days)
    first_kept = datetime(limit.year, limit.month, 1, tzinfo=UTC)
    with transaction.atomic():
        dropped = [
            *drop_partitions_before("activity_auditevent", limit),
            *drop_partitions_before("activity_streamevent", limit),
        ]
        if dropped:
            UsageState.objects.update(raw_since=first_kept)
            log.info("Dropped raw events before %s: %s", first_kept.date(), ", ".join(dropped))
    return dropped


def forget_events(connection: Connection) -> None:
    """Deletes the events of a connection whose data are deleted: no foreign key deletes them with it."""
    AuditEvent.objects.filter(connection_id=connection.pk).delete()
    StreamEvent.objects.filter(connection_id=connection.pk).delete()
