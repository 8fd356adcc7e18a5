"""What keeps Usher in order by itself: resuming after a killed process, and deleting what has expired."""

import logging
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status

from usher.connections import parked
from usher.connections.models import ConnectAttempt, ConnectionTest, SyncRun, TokenPace
from usher.connections.pace.statements import SLOT_SECONDS
from usher.platform.locks import Lock, is_free

log = logging.getLogger(__name__)

SYNC = "usher.connections.jobs.sync_connection"
STALLED_AFTER_SECONDS = 30
KEEP_JOBS_HOURS = 24 * 7
KEEP_TESTS = timedelta(days=30)
KEEP_PACES = timedelta(days=1)


def abandoned_runs() -> list[SyncRun]:
    """Open runs that no process works on: their process was killed, or a command line asked for them."""
    open_runs = SyncRun.objects.filter(state__in=SyncRun.OPEN)
    return [run for run in open_runs if is_free(Lock.SYNC.of(run.connection_id))]


async def retry_stalled_jobs() -> None:
    """Returns the jobs of killed workers to the queue, and parks those that died with their process too often."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        if job.attempts + 1 >= parked.DEATHS:
            log.error("Job %s died with its process %s times: parked.", job.call_string, job.attempts + 1)
            await sync_to_async(parked.park)(job)
            await sync_to_async(_close_run_of)(job)
            continue
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # The same work is queued already, and could never start while this job holds its lock.
            await sync_to_async(parked.count_deaths_of)(job)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


def _close_run_of(job: Job) -> None:
    """A sync that is parked must not look as if it were running."""
    if job.task_name == SYNC:
        SyncRun.objects.filter(pk=str(job.task_kwargs["run_id"]), state__in=SyncRun.OPEN).update(
            state=SyncRun.State.FAILED,
            finished_at=timezone.now(),
            error=f"The process that performed it died {parked.DEATHS} times.",
            remedy="See the log of `usher worker`, then: usher jobs list",
        )


async def skip_parked(job: Job) -> bool:
    """Whether the same work as this job's is parked, so that it must not begin."""
    if not await sync_to_async(parked.is_parked)(job):
        return False
    await sync_to_async(_close_run_of)(job)
    return True


async def return_jobs_of(workers: list[int], jobs: list[int]) -> None:
    """Returns the jobs to the queue that these workers were doing when their database went away.

    Not a stalled job, and not counted as one: its process lives, and does it no more. `jobs`: those that they began,
    by which they are known after another process has deleted the workers.
    """
    await sync_to_async(_return_jobs_of)(workers, jobs)


def _return_jobs_of(workers: list[int], jobs: list[int]) -> None:
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs WHERE (status = 'doing' AND worker_id = ANY(%s))"
            " OR (status IN ('doing', 'aborted') AND worker_id IS NULL AND id = ANY(%s)) ORDER BY id FOR UPDATE",
            [workers, jobs],
        )
        for (job,) in cursor.fetchall():
            try:
                with transaction.atomic():
                    cursor.execute(
                        "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, abort_requested = false"
                        " WHERE id = %s",
                        [job],
                    )
            except IntegrityError:
                # The same work is queued already, and could never start while this job holds its lock.
                cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job])


async def delete_expired() -> None:
    """Deletes finished jobs, expired sessions, abandoned attempts to connect, old tests and paces."""
    await app.job_manager.delete_old_jobs(nb_hours=KEEP_JOBS_HOURS, include_failed=True, queue=parked.QUEUE)
    await sync_to_async(_delete_expired_rows)()


def _delete_expired_rows() -> None:
    call_command("clearsessions")
    oldest_attempt = timezone.now() - timedelta(minutes=ConnectAttempt.LIFETIME_MINUTES)
    ConnectAttempt.objects.filter(created_at__lt=oldest_attempt).delete()
    ConnectionTest.objects.filter(started_at__lt=timezone.now() - KEEP_TESTS).delete()
    oldest_pace = (timezone.now() - KEEP_PACES).timestamp()
    TokenPace.objects.filter(slot__lt=oldest_pace / SLOT_SECONDS).delete()
