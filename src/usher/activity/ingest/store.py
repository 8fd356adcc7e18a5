"""Stores events with COPY, each once.

The same transaction adds everyone with new evidence to `Touched`, so that their figures are computed even if the
process dies.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import LiteralString

from django.db import connection as database

from usher.activity.ingest.arrivals import begin_storing
from usher.activity.ingest.partitions import ensure_partitions
from usher.activity.usage.evidence import use_of
from usher.asana import AuditLogEvent
from usher.asana.events import WorkspaceEvent

INCOMING: LiteralString = """
    CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE activity_auditevent INCLUDING DEFAULTS) ON COMMIT DELETE ROWS
"""

COPY: LiteralString = """
    COPY incoming (connection_id, workspace_id, gid, created_at, event_type, category, actor_type, actor_gid,
                   resource_type, resource_gid, context_type, ip_address, use, raw) FROM STDIN
"""

# Two pages may have the same event, where windows meet or a walk continues: only new ones count.
KEEP_NEW: LiteralString = """
    WITH new AS (
        INSERT INTO activity_auditevent
        SELECT * FROM incoming ORDER BY workspace_id, gid
        ON CONFLICT DO NOTHING
        RETURNING connection_id, actor_gid, created_at, event_type, category, use
    ), types AS (
        INSERT INTO activity_eventtypeseen AS known (connection_id, event_type, category, events)
        SELECT connection_id, event_type, category, count(*) FROM new GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (connection_id, event_type, category) DO UPDATE SET events = known.events + excluded.events
    ), people AS (
        INSERT INTO activity_touched AS known (connection_id, user_gid, first_at, last_at)
        SELECT connection_id, actor_gid, min(created_at), max(created_at) FROM new WHERE use > 0
        GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (connection_id, user_gid) DO UPDATE SET
            first_at = least(known.first_at, excluded.first_at),
            last_at = greatest(known.last_at, excluded.last_at)
    )
    SELECT count(*) FROM new
"""

TOUCH_PEOPLE: LiteralString = """
    INSERT INTO activity_touched AS known (connection_id, user_gid, first_at, last_at)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[])
    ORDER BY 1, 2
    ON CONFLICT (connection_id, user_gid) DO UPDATE SET
        first_at = least(known.first_at, excluded.first_at),
        last_at = greatest(known.last_at, excluded.last_at)
"""


def store_audit_events(connection_id: int, workspace_id: int, events: Sequence[AuditLogEvent]) -> int:
    """Stores the new events and returns how many. Call inside a transaction."""
    if not events:
        return 0
    begin_storing()
    ensure_partitions("activity_auditevent", (event.created_at for event in events))
    with database.cursor() as cursor:
        cursor.execute(INCOMING)
        with cursor.copy(COPY) as copy:
            for event in events:
                copy.write_row(_row(connection_id, workspace_id, event))
        cursor.execute(KEEP_NEW)
        new = int(cursor.fetchone()[0])
        cursor.execute("TRUNCATE incoming")
    return new


def _row(connection_id: int, workspace_id: int, event: AuditLogEvent) -> tuple[object, ...]:
    actor, resource, context = event.actor, event.resource, event.context
    return (
        connection_id,
        workspace_id,
        _text(event.gid),
        event.created_at,
        _text(event.event_type),
        _text(event.event_category),
        _text(actor.actor_type if actor else None),
        _text(actor.gid if actor else None),
        _text(resource.resource_type if resource else None),
        _text(resource.gid if resource else None),
        _text(context.context_type if context else None),
        _text(context.client_ip_address if context else None),
        int(use_of(event)),
        event.raw,
    )


def _text(value: str | None) -> str:
    """Without U+0000, which PostgreSQL's text cannot hold. (`raw` has it escaped.)"""
    return (value or "").replace("\x00", "")


def store_stream_events(connection_id: int, workspace_id: int, events: Iterable[WorkspaceEvent]) -> int:
    """Stores who did something when, and returns how many events. Events without a user are ignored.

    Call inside the transaction that moves the cursor: nothing else recognises an event that is stored already.
    """
    rows = [
        (
            connection_id,
            workspace_id,
            _text(event.user.gid),
            event.created_at,
            _text(event.resource.resource_type if event.resource else None),
            _text(event.action),
        )
        for event in events
        if event.user is not None
    ]
    if not rows:
        return 0
    ensure_partitions("activity_streamevent", (row[3] for row in rows))
    spans: dict[str, tuple[datetime, datetime]] = {}
    with database.cursor() as cursor:
        with cursor.copy(
            "COPY activity_streamevent (connection_id, workspace_id, user_gid, at, resource_type, action) FROM STDIN"
        ) as copy:
            for row in rows:
                copy.write_row(row)
                first, last = spans.get(row[2], (row[3], row[3]))
                spans[row[2]] = (min(first, row[3]), max(last, row[3]))
        touch([(connection_id, gid, first, last) for gid, (first, last) in spans.items()])
    return len(rows)


def touch(people: Sequence[tuple[int, str, datetime, datetime]]) -> None:
    """Marks the figures of (connection, user) between two moments to be computed again."""
    with database.cursor() as cursor:
        cursor.execute(TOUCH_PEOPLE, [list(column) for column in zip(*people, strict=True)])
