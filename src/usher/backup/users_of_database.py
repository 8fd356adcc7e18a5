"""Who else works on the database: a restore must not pull it away from under a worker."""

from django.db import connection
from django.db.backends.utils import CursorWrapper

PROGRAM = "usher "
"""How the names begin that Usher's processes give their sessions (`usher.cli`)."""
WORKER_IS_ALIVE = "60 seconds"


def others_at_work() -> list[str]:
    """Usher's other processes that have a session, and workers that have shown a sign of life within a minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name, coalesce(host(client_addr), 'this machine'), count(*)"
            " FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE %s"
            " GROUP BY 1, 2 ORDER BY 1, 2",
            [f"{PROGRAM}%"],
        )
        found = [f"`{name}` on {where}" for name, where, _ in cursor.fetchall()]
        if not any("worker" in each for each in found):
            found += _workers(cursor)
    return found


def _workers(cursor: CursorWrapper) -> list[str]:
    """For workers whose sessions are hidden, by a pooler for instance."""
    cursor.execute("SELECT to_regclass('procrastinate_workers') IS NOT NULL")
    if cursor.fetchone() != (True,):
        return []
    cursor.execute(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s::interval",
        [WORKER_IS_ALIVE],
    )
    row = cursor.fetchone()
    count = int(str(row[0])) if row else 0
    return [f"{count} `usher worker` that was alive within the last minute"] if count else []
