"""What the workers do, from Procrastinate's tables: who is alive, what waits, and what has run for too long."""

from datetime import datetime, timedelta

import msgspec
from django.db import connection

LONGEST_JOB = timedelta(hours=6)
LONGEST_SYNC = timedelta(hours=48)
"""The first sync of a large account reads 90 days of its audit log."""
SYNC_TASK = "usher.connections.jobs.sync_connection"


class JobsAtWork(msgspec.Struct, frozen=True):
    now: datetime
    """By the clock of the database, which all other times here are of."""
    last_heartbeat: datetime | None
    """Of any worker. Workers send one every 10 seconds; rows of dead ones are deleted by the others."""
    workers: int
    """Those that sent one within the last minute."""
    waiting: int
    """Jobs that could run now: due, and not held back by a running job with the same lock."""
    waiting_since: datetime | None
    overlong: list[tuple[str, datetime]]
    """Tasks that have been running for longer than any should, and since when."""


def jobs_at_work() -> JobsAtWork:
    with connection.cursor() as cursor:
        cursor.execute(_WORKERS)
        now, heartbeat, workers = cursor.fetchone()
        cursor.execute(_WAITING, {"now": now})
        waiting, since = cursor.fetchone()
        cursor.execute(
            _OVERLONG,
            {"sync": SYNC_TASK, "sync_since": now - LONGEST_SYNC, "since": now - LONGEST_JOB},
        )
        overlong = [
            (task.rpartition(".")[2].replace("_", " "), started) for task, started in cursor.fetchall()
        ]
    return JobsAtWork(now, heartbeat, workers, waiting, since, overlong)


_WORKERS = """
    SELECT clock_timestamp(), max(last_heartbeat),
           count(*) FILTER (WHERE last_heartbeat > clock_timestamp() - interval '1 minute')
    FROM procrastinate_workers
"""

_WAITING = """
    SELECT count(*), min(greatest(job.scheduled_at, queued.at))
    FROM procrastinate_jobs job
    CROSS JOIN LATERAL (SELECT max(event.at) AS at FROM procrastinate_events event WHERE event.job_id = job.id) queued
    WHERE job.status = 'todo'
      AND (job.scheduled_at IS NULL OR job.scheduled_at <= %(now)s)
      AND (job.lock IS NULL OR NOT EXISTS (
          SELECT FROM procrastinate_jobs running WHERE running.status = 'doing' AND running.lock = job.lock
      ))
"""

_OVERLONG = """
    SELECT job.task_name, started.at
    FROM procrastinate_jobs job
    CROSS JOIN LATERAL (
        SELECT max(event.at) AS at FROM procrastinate_events event
        WHERE event.job_id = job.id AND event.type = 'started'
    ) started
    WHERE job.status = 'doing'
      AND started.at < CASE job.task_name WHEN %(sync)s THEN %(sync_since)s ELSE %(since)s END
    ORDER BY started.at
"""
