"""Deletes old events. The figures computed from them stay."""

import logging
from datetime import datetime, timedelta
from typing import LiteralString

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from usher.activity.ingest.partitions import EventMonth, Table, drop_partitions_before, stored_months
from usher.activity.models import (
    AuditEvent,
    EventCopy,
    RecordDictionary,
    RecordMonth,
    StreamEvent,
    UsageState,
)
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.ledger.record import record

log = logging.getLogger(__name__)

COUNT: LiteralString = "SELECT connection_id, count(*) FROM {month} GROUP BY 1"


def drop_old_events(now: datetime | None = None) -> list[str]:
    """Drops the months that are completely older than the retention time. By default, everything is kept.

    Returns the names of the dropped partitions.
    """
    days: int | None = settings.USHER_KEEP_EVENTS_DAYS
    if days is None:
        return []
    limit = (now or timezone.now()) - timedelta(days=days)
    first_kept = EventMonth.of(limit)
    with transaction.atomic():
        counts = {
            "audit_log_events": _counts_before("activity_auditevent", first_kept),
            "stream_events": _counts_before("activity_streamevent", first_kept),
        }
        dropped = [
            *drop_partitions_before("activity_auditevent", limit),
            *drop_partitions_before("activity_streamevent", limit),
        ]
        if dropped:
            RecordDictionary.objects.filter(month__lt=first_kept.day).delete()
            RecordMonth.objects.filter(month__lt=first_kept.day).delete()
            UsageState.objects.update(raw_since=first_kept.begins_at)
            _record(first_kept, days, counts)
            log.info("Dropped raw events before %s: %s", first_kept.day, ", ".join(dropped))
    return dropped


def _counts_before(table: Table, first_kept: EventMonth) -> dict[int, int]:
    """Events that are about to be dropped, by connection."""
    counts: dict[int, int] = {}
    with database.cursor() as cursor:
        for month in stored_months(table):
            if month < first_kept:
                cursor.execute(COUNT.replace("{month}", month.partition_of(table)))
                for connection, events in cursor.fetchall():
                    counts[connection] = counts.get(connection, 0) + events
    return counts


def _record(first_kept: EventMonth, days: int, counts: dict[str, dict[int, int]]) -> None:
    of_some = {key for by_connection in counts.values() for key in by_connection}
    for connection in Connection.objects.filter(pk__in=of_some).order_by("pk"):
        record(
            SYSTEM,
            "events.deleted",
            f"Events of “{connection.name}” before {first_kept.day:%-d %B %Y}",
            reason=f"USHER_KEEP_EVENTS_DAYS is {days}.",
            before={kind: by_connection.get(connection.pk, 0) for kind, by_connection in counts.items()},
            connection=connection.pk,
        )


def forget_events(connection: Connection) -> None:
    """Deletes the events of a connection whose data are deleted: no foreign key deletes them with it."""
    AuditEvent.objects.filter(connection_id=connection.pk).delete()
    StreamEvent.objects.filter(connection_id=connection.pk).delete()
    EventCopy.objects.filter(connection_id=connection.pk).delete()
