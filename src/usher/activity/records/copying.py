"""The copy of a month, whose records are compressed or dropped on the way.

Everything is done in steps that are transactions of their own. If the process dies between them, the copy is thrown
away and made again. The month itself is untouched until the copy takes its place (`usher.activity.records.swap`).
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString

from django.db import connection as database
from django.db import transaction

from usher.activity.ingest.partitions import EventMonth, stored_months
from usher.activity.models import AuditEvent, RecordDictionary
from usher.activity.records.compression import Compressor, checksum, make_dictionary
from usher.activity.records.months import RecordPolicy
from usher.platform.locks import check_locks

EVENTS_AT_ONCE = 2_000
"""Of one transaction; about 2 MB in memory."""
MOST_SAMPLES = 64
EVENTS_FOR_A_SAMPLE = 32
"""So that the dictionary of a small organization is not longer than what it saves."""

WAITS_SECONDS = 3
"""For locks. Meanwhile, everybody else who wants the same table waits behind."""

COLUMNS = [each.attname for each in AuditEvent._meta.concrete_fields]
_RAW, _PACKED = COLUMNS.index("raw"), COLUMNS.index("packed")
_CREATED_AT, _GID = COLUMNS.index("created_at"), COLUMNS.index("gid")
_CONNECTION = COLUMNS.index("connection_id")

Row = tuple[object, ...]

SOURCES: LiteralString = """
    SELECT workspace_id, connection_id, count(*) FILTER (WHERE raw <> ''), min(created_at), max(created_at)
    FROM {month} GROUP BY 1, 2 ORDER BY 1, 2
"""
# One event after each of some moments, which are spread over the month: found by index.
SAMPLES: LiteralString = """
    SELECT DISTINCT ON (found.created_at, found.gid) found.raw
    FROM generate_series(0, %(count)s - 1) AS n
    CROSS JOIN LATERAL (
        SELECT created_at, gid, raw FROM {month}
        WHERE workspace_id = %(workspace)s AND connection_id = %(connection)s AND raw <> ''
          AND created_at >= %(first)s + n * (%(last)s::timestamptz - %(first)s::timestamptz) / %(count)s
        ORDER BY created_at LIMIT 1
    ) AS found
    ORDER BY found.created_at, found.gid
"""
NEXT: LiteralString = """
    SELECT {columns} FROM {month}
    WHERE workspace_id = %s AND connection_id = %s AND created_at >= %s AND (created_at, gid) > (%s, %s)
    ORDER BY created_at, gid LIMIT %s
"""


@contextmanager
def short_step() -> Iterator[None]:
    """A transaction that changes nothing if this process has lost its lock, or waits for others for too long.

    Raises LockLost, or OperationalError because of LockNotAvailable: a backup, for instance, may lock tables for hours.
    """
    with transaction.atomic():
        check_locks()
        with database.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{WAITS_SECONDS}s'")
        yield


@dataclass
class RecordTally:
    """Of the records of one connection that were compressed or dropped."""

    events: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


@dataclass
class MonthCopy:
    """`tallies` are by connection."""

    month: EventMonth
    policy: RecordPolicy
    tallies: dict[int, RecordTally] = field(default_factory=lambda: defaultdict(RecordTally))
    _steps: Iterator[None] | None = None

    @property
    def name(self) -> str:
        return self.month.partition_of("activity_eventcopy")

    @property
    def original(self) -> str:
        return self.month.partition_of("activity_auditevent")

    def step(self) -> bool:
        """Does the next part, in one transaction. False when all is done."""
        if self._steps is None:
            self._steps = self._copy()
        return next(self._steps, "end") != "end"

    def _copy(self) -> Iterator[None]:
        self._begin()
        yield
        for workspace, connection, whole, first, last in self._sources():
            compressor = None
            if whole and self.policy is RecordPolicy.COMPRESS:
                compressor = Compressor(self._dictionary(workspace, connection, whole, first, last))
            after: tuple[datetime, str] | None = (first, "")
            while after is not None:
                after = self._copy_some(workspace, connection, after, compressor)
                yield
        self._finish()

    @short_step()
    def _begin(self) -> None:
        with database.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {self.name} PARTITION OF activity_eventcopy {self.month.bounds}")
            # With it, PostgreSQL need not look through all rows when the copy takes its place.
            cursor.execute(
                f"ALTER TABLE {self.name} ADD CONSTRAINT of_month CHECK "
                f"(created_at >= '{self.month.begins_at.isoformat()}' "
                f"AND created_at < '{self.month.ends_at.isoformat()}')"
            )

    def _sources(self) -> list[tuple[int, int, int, datetime, datetime]]:
        with database.cursor() as cursor:
            cursor.execute(SOURCES.replace("{month}", self.original))
            found: list[tuple[int, int, int, datetime, datetime]] = cursor.fetchall()
        return found

    @short_step()
    def _dictionary(
        self, workspace: int, connection: int, events: int, first: datetime, last: datetime
    ) -> bytes:
        """That of the month, if it has been compressed before. Made of samples otherwise."""
        dictionaries = RecordDictionary.objects.filter(connection=connection)
        known = dictionaries.filter(workspace_id=workspace, month=self.month.day).first()
        if known is not None:
            return bytes(known.content)
        count = max(1, min(MOST_SAMPLES, events // EVENTS_FOR_A_SAMPLE))
        values: dict[str, int | datetime] = {
            "workspace": workspace,
            "connection": connection,
            "count": count,
            "first": first,
            "last": last,
        }
        with database.cursor() as cursor:
            cursor.execute(SAMPLES.replace("{month}", self.original), values)
            content = make_dictionary(raw for (raw,) in cursor.fetchall())
        while dictionaries.filter(checksum=checksum(content)).exists():
            content = content[1:]  # another has the same checksum by chance
        RecordDictionary.objects.create(
            connection_id=connection,
            workspace_id=workspace,
            month=self.month.day,
            checksum=checksum(content),
            content=content,
        )
        return content

    @short_step()
    def _copy_some(
        self, workspace: int, connection: int, after: tuple[datetime, str], compressor: Compressor | None
    ) -> tuple[datetime, str] | None:
        """Copies the next events of a workspace. Returns the place of the last, None at the end."""
        columns = ", ".join(COLUMNS)
        with database.cursor() as cursor:
            cursor.execute(
                NEXT.replace("{month}", self.original).replace("{columns}", columns),
                [workspace, connection, after[0], *after, EVENTS_AT_ONCE],
            )
            rows = cursor.fetchall()
            with cursor.copy(f"COPY {self.name} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(self._rewritten(row, compressor))
        if len(rows) < EVENTS_AT_ONCE:
            return None
        return rows[-1][_CREATED_AT], rows[-1][_GID]

    def _rewritten(self, row: Row, compressor: Compressor | None) -> Row:
        raw, packed = row[_RAW], row[_PACKED]
        assert isinstance(raw, str)
        assert isinstance(packed, bytes)
        if self.policy is RecordPolicy.DROP:
            text, packed_then = "", b""
        elif raw and compressor is not None:
            text, packed_then = "", compressor.compress(raw)
        else:
            text, packed_then = raw, packed
        if (raw, packed) != (text, packed_then):
            tally = self.tallies[int(str(row[_CONNECTION]))]
            tally.events += 1
            tally.bytes_before += len(raw.encode()) + len(packed)
            tally.bytes_after += len(packed_then)
        return (*row[:_RAW], text, packed_then, *row[_PACKED + 1 :])

    @short_step()
    def _finish(self) -> None:
        with database.cursor() as cursor:
            # Indexes that were filled row by row are half again as large.
            cursor.execute(f"REINDEX TABLE {self.name}")
            cursor.execute(f"ANALYZE {self.name}")


def drop_unfinished_copies() -> None:
    """Of processes that died. Nobody else may be at work on one."""
    for month in stored_months("activity_eventcopy"):
        with short_step(), database.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {month.partition_of('activity_eventcopy')}")
