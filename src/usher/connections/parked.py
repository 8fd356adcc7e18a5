"""Parked jobs: work that died with its process again and again, and is not tried any more until somebody says so.

They stay in Procrastinate's table, in a queue of their own that no worker reads. While one is parked, the same work is
not begun by another job, whoever enqueues it: the every-minute jobs would otherwise bring it back for ever.
"""

import json
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db import connection as database
from procrastinate.jobs import Job

DEATHS = 5
PARKED = "parked"
QUEUE = "default"

WORDS = {
    "usher.connections.jobs.sync_connection": "Sync of a connection",
    "usher.connections.jobs.test_connection": "Test of a connection",
    "usher.removal.jobs.run_cases": "Removals of a connection",
    "usher.activity.jobs.read_everyday_work": "Reading the event stream",
}
"""What a task is for, in words for people. Others are shown by the name of the task."""


@dataclass(frozen=True)
class ParkedJob:
    number: int
    what: str
    """What it was for, with its arguments."""


def parked_jobs() -> list[ParkedJob]:
    """Oldest first."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, args - 'timestamp', lock FROM procrastinate_jobs WHERE queue_name = %s ORDER BY id",
            [PARKED],
        )
        return [ParkedJob(number, _words(task, args, lock)) for number, task, args, lock in cursor.fetchall()]


def _words(task: str, args: str | dict[str, object], lock: str | None) -> str:
    given = json.loads(args) if isinstance(args, str) else args
    about = ", ".join(f"{name} {value}" for name, value in given.items()) or lock or ""
    return WORDS.get(task, task) + (f" ({about})" if about else "")


def park(job: Job) -> None:
    """Takes a job of a dead process out of the queue."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'failed', queue_name = %s, attempts = attempts + 1,"
            " worker_id = NULL WHERE id = %s AND status = 'doing'",
            [PARKED, job.id],
        )


def is_parked(job: Job) -> bool:
    """Whether the same work is parked: of the same lock, or else with the same arguments."""
    arguments = {name: value for name, value in job.task_kwargs.items() if name != "timestamp"}
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE queue_name = %s AND task_name = %s"
            " AND (lock = %s OR (lock IS NULL AND args - 'timestamp' = %s::jsonb)))",
            [PARKED, job.task_name, job.lock, json.dumps(arguments)],
        )
        return bool(cursor.fetchone()[0])


def count_deaths_of(job: Job) -> None:
    """Adds the deaths of a job to the one that is queued for the same work and takes its place."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET attempts = attempts + %s WHERE status = 'todo' AND queueing_lock = %s",
            [job.attempts + 1, job.queueing_lock],
        )


def run_again(number: int) -> bool:
    """Returns a parked job to the queue. False where none has this number."""
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'todo', queue_name = %s, attempts = 0"
                " WHERE id = %s AND queue_name = %s",
                [QUEUE, number, PARKED],
            )
            return bool(cursor.rowcount)
    except IntegrityError:
        return drop(number)  # the same work is queued already, and begins now


def drop(number: int) -> bool:
    """Deletes a parked job; the same work may be enqueued again. False where none has this number."""
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s AND queue_name = %s", [number, PARKED])
        return bool(cursor.rowcount)
