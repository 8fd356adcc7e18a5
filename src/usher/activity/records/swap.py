"""Puts the copy of a month in the place of the month, in one short transaction."""

from typing import LiteralString

from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from usher.activity.models import RecordDictionary, RecordMonth
from usher.activity.records.copying import COLUMNS, MonthCopy, RecordTally, short_step
from usher.activity.records.months import RecordPolicy
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.ledger.record import record

ADD_LATE: LiteralString = """
    INSERT INTO {copy} ({columns}) SELECT {columns} FROM {month} event WHERE NOT EXISTS (
        SELECT FROM {copy} known WHERE known.workspace_id = event.workspace_id
            AND known.gid = event.gid AND known.created_at = event.created_at)
"""
TAKE_DELETED: LiteralString = """
    DELETE FROM {copy} known WHERE NOT EXISTS (
        SELECT FROM {month} event WHERE event.workspace_id = known.workspace_id
            AND event.gid = known.gid AND event.created_at = known.created_at)
"""


class MonthChanged(Exception):
    """Events have come or gone since the copy was last compared."""


def catch_up(copy: MonthCopy) -> int:
    """Adds events that came late, and takes out those that were deleted with their connection. Returns how many."""
    with short_step():
        return _differences(copy)


def _differences(copy: MonthCopy) -> int:
    changed = 0
    with database.cursor() as cursor:
        for statement in (ADD_LATE, TAKE_DELETED):
            sql = statement.replace("{copy}", copy.name).replace("{month}", copy.original)
            cursor.execute(sql.replace("{columns}", ", ".join(COLUMNS)))
            changed += cursor.rowcount
    return changed


@short_step()
def swap(copy: MonthCopy) -> None:
    """Raises MonthChanged, and OperationalError where others hold the events for too long. Then nothing has changed.

    Stores no event itself: a backup whose snapshot is taken while this transaction waits must see them all.
    """
    with database.cursor() as cursor:
        # Others still read, and nobody adds or deletes events while both are compared.
        cursor.execute(
            f"LOCK TABLE ONLY activity_auditevent, ONLY {copy.original} IN SHARE ROW EXCLUSIVE MODE"
        )
        if _differences(copy):
            raise MonthChanged
        cursor.execute(f"ALTER TABLE activity_auditevent DETACH PARTITION {copy.original}")
        cursor.execute(f"ALTER TABLE activity_eventcopy DETACH PARTITION {copy.name}")
        cursor.execute(f"DROP TABLE {copy.original}")
        cursor.execute(f"ALTER TABLE {copy.name} RENAME TO {copy.original}")
        cursor.execute(
            f"ALTER TABLE activity_auditevent ATTACH PARTITION {copy.original} {copy.month.bounds}"
        )
        cursor.execute(f"ALTER TABLE {copy.original} DROP CONSTRAINT of_month")
    _note(copy)


def _note(copy: MonthCopy) -> None:
    if copy.policy is RecordPolicy.DROP:
        RecordMonth.objects.filter(month=copy.month.day, outcome=RecordMonth.Outcome.COMPRESSED).delete()
        RecordDictionary.objects.filter(month=copy.month.day).delete()
    for connection in Connection.objects.filter(pk__in=copy.tallies).order_by("pk"):
        tally = copy.tallies[connection.pk]
        _add(copy, connection, tally)
        if copy.policy is RecordPolicy.DROP:
            record(
                SYSTEM,
                "events.records_dropped",
                f"Records of the audit log of “{connection.name}” of {copy.month.day:%B %Y}",
                reason="USHER_EVENT_RECORDS is drop.",
                before={"events": tally.events, "bytes": tally.bytes_before},
                connection=connection.pk,
            )


def _add(copy: MonthCopy, connection: Connection, tally: RecordTally) -> None:
    is_dropped = copy.policy is RecordPolicy.DROP
    outcome = RecordMonth.Outcome.DROPPED if is_dropped else RecordMonth.Outcome.COMPRESSED
    now = timezone.now()
    months = RecordMonth.objects.filter(connection=connection, month=copy.month.day, outcome=outcome)
    if not months.update(
        events=F("events") + tally.events,
        bytes_before=F("bytes_before") + tally.bytes_before,
        bytes_after=F("bytes_after") + tally.bytes_after,
        done_at=now,
    ):
        RecordMonth.objects.create(
            connection=connection,
            month=copy.month.day,
            outcome=outcome,
            events=tally.events,
            bytes_before=tally.bytes_before,
            bytes_after=tally.bytes_after,
            done_at=now,
        )
