"""What keeps Usher in order by itself: resuming after a killed process, and deleting what has expired."""

from datetime import timedelta

from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from usher.connections.models import ConnectAttempt, ConnectionTest, SyncRun
from usher.platform.locks import Lock, is_free

STALLED_AFTER_SECONDS = 30
KEEP_JOBS_HOURS = 24 * 7
KEEP_TESTS = timedelta(days=30)


def abandoned_runs() -> list[SyncRun]:
    """Open runs that no process works on: their process was killed, or a command line asked for them."""
    open_runs = SyncRun.objects.filter(state__in=SyncRun.OPEN)
    return [run for run in open_runs if is_free(Lock.SYNC.of(run.connection_id))]


async def retry_stalled_jobs() -> None:
    """Returns the jobs of killed workers to the queue."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # The same work is queued already, and could never start while this job holds its lock.
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


async def delete_expired() -> None:
    """Deletes finished jobs, expired sessions, abandoned attempts to connect, and old tests."""
    await app.job_manager.delete_old_jobs(nb_hours=KEEP_JOBS_HOURS, include_failed=True)
    await sync_to_async(_delete_expired_rows)()


def _delete_expired_rows() -> None:
    call_command("clearsessions")
    oldest_attempt = timezone.now() - timedelta(minutes=ConnectAttempt.LIFETIME_MINUTES)
    ConnectAttempt.objects.filter(created_at__lt=oldest_attempt).delete()
    ConnectionTest.objects.filter(started_at__lt=timezone.now() - KEEP_TESTS).delete()
