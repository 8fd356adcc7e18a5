"""One partition a month, so that a month can be dropped at once."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from django.db import connection as database

from usher.platform.locks import Lock, lock_transaction

Table = Literal["activity_auditevent", "activity_streamevent"]


def ensure_partitions(table: Table, moments: Iterable[datetime]) -> None:
    """Makes the partitions that hold these moments, where they are missing. Inside a transaction."""
    months = {(moment.astimezone(UTC).year, moment.astimezone(UTC).month) for moment in moments}
    with database.cursor() as cursor:
        for year, month in sorted(months):
            name = f"{table}_{year:04}_{month:02}"
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is None:
                # Two workers may come to the same new month at once.
                lock_transaction(Lock.PARTITIONS.whole)
                first, after = datetime(year, month, 1, tzinfo=UTC), _next_month(year, month)
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} "
                    f"FOR VALUES FROM ('{first.isoformat()}') TO ('{after.isoformat()}')"
                )


def drop_partitions_before(table: Table, limit: datetime) -> list[str]:
    """Drops the months that ended by then, and returns their names. Younger events of the limit's month stay."""
    first_kept = f"{table}_{limit.astimezone(UTC):%Y_%m}"
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1",
            [table],
        )
        dropped = [name for (name,) in cursor.fetchall() if name < first_kept]
        for name in dropped:
            cursor.execute(f"DROP TABLE {name}")
    return dropped


def _next_month(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
