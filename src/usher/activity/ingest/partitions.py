"""One partition a month, so that a month can be dropped at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from django.db import connection as database

from usher.platform.locks import Lock, lock_transaction

Table = Literal["activity_auditevent", "activity_streamevent", "activity_eventcopy"]


@dataclass(frozen=True, order=True)
class EventMonth:
    """A month in UTC, which is what one partition holds."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> "EventMonth":
        there = moment.astimezone(UTC)
        return cls(there.year, there.month)

    @property
    def day(self) -> date:
        """Its first."""
        return date(self.year, self.month, 1)

    @property
    def begins_at(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        """Exclusive."""
        return datetime(self.year + self.month // 12, self.month % 12 + 1, 1, tzinfo=UTC)

    def partition_of(self, table: Table) -> str:
        return f"{table}_{self.year:04}_{self.month:02}"

    @property
    def bounds(self) -> str:
        """As SQL."""
        return f"FOR VALUES FROM ('{self.begins_at.isoformat()}') TO ('{self.ends_at.isoformat()}')"


def ensure_partitions(table: Table, moments: Iterable[datetime]) -> None:
    """Makes the partitions that hold these moments, where they are missing. Inside a transaction."""
    months = {EventMonth.of(moment) for moment in moments}
    with database.cursor() as cursor:
        for month in sorted(months):
            name = month.partition_of(table)
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is None:
                # Two workers may come to the same new month at once.
                lock_transaction(Lock.PARTITIONS.whole)
                cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} {month.bounds}")


def stored_months(table: Table) -> list[EventMonth]:
    """The months that have a partition, the oldest first."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT right(relname, 7) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = %s::regclass AND relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1",
            [table],
        )
        return [EventMonth(int(name[:4]), int(name[5:])) for (name,) in cursor.fetchall()]


def drop_partitions_before(table: Table, limit: datetime) -> list[str]:
    """Drops the months that ended by then, and returns their names. Younger events of the limit's month stay."""
    first_kept = EventMonth.of(limit)
    dropped = [month.partition_of(table) for month in stored_months(table) if month < first_kept]
    with database.cursor() as cursor:
        for name in dropped:
            cursor.execute(f"DROP TABLE {name}")
    return dropped
