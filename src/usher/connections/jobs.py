"""Background work on connections. Thin: each job calls one verb."""

import logging

from asgiref.sync import sync_to_async
from django.db import transaction
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status

from usher.connections import schedule, sync
from usher.connections.connection_test.run import run_test
from usher.connections.models import Connection, ConnectionTest, SyncRun
from usher.ledger.actors import Actor
from usher.platform.locks import Lock, is_free

log = logging.getLogger(__name__)

STALLED_AFTER_SECONDS = 30


def start_sync(
    connection: Connection, trigger: SyncRun.Trigger, *, accepted_by: Actor | None = None
) -> SyncRun:
    """Sees to it that the connection is synced by a worker. Returns the run to watch."""
    run = sync.request_run(connection, trigger, accepted_by=accepted_by)
    enqueue(run)
    return run


def enqueue(run: SyncRun) -> None:
    """Hands a run to the workers; nothing happens when it waits for one already."""
    lock = f"sync-{run.connection_id}"
    try:
        with transaction.atomic():  # a refused row must not spoil the transaction of who calls
            sync_connection.configure(lock=lock, queueing_lock=lock).defer(run_id=run.pk)
    except AlreadyEnqueued:
        pass


def start_test(connection: Connection) -> ConnectionTest:
    """Has a worker test the connection. Returns the test to watch."""
    test = ConnectionTest.objects.create(connection=connection)
    test_connection.defer(test_id=test.pk)
    return test


@app.task
async def sync_connection(run_id: int) -> None:
    try:
        await sync.perform(run_id)
    except sync.SyncElsewhere:
        log.info("Run %s is being done elsewhere.", run_id)
    except SyncRun.DoesNotExist:
        log.info("Run %s was deleted with its connection.", run_id)


@app.task
async def test_connection(test_id: int) -> None:
    try:
        await run_test(test_id)
    except ConnectionTest.DoesNotExist:
        log.info("Test %s was deleted with its connection.", test_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="start-due-syncs", pass_context=False)
async def start_due_syncs(timestamp: int) -> None:
    await sync_to_async(_start_due_syncs)()


def _start_due_syncs() -> None:
    for connection in schedule.due():
        start_sync(connection, SyncRun.Trigger.SCHEDULE)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take-up-dead-runs")
async def take_up_dead_runs(timestamp: int) -> None:
    await sync_to_async(_take_up_dead_runs)()


def _take_up_dead_runs() -> None:
    """Open runs that nobody is at: their process was killed, or they were asked for from a command line."""
    for run in SyncRun.objects.filter(state__in=SyncRun.OPEN):
        if is_free(Lock.SYNC.of(run.connection_id)):
            enqueue(run)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry-stalled-jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Jobs of killed workers are done by others."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # The same work waits in the queue already, and could never begin while this job holds its lock.
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="tidy-up", pass_context=True)
async def tidy_up(context: JobContext, timestamp: int) -> None:
    """Drops what is of no more use: done jobs, old sessions, abandoned attempts to connect, old tests."""
    await app.job_manager.delete_old_jobs(nb_hours=24 * 7, include_failed=True)
    await sync_to_async(schedule.tidy_up)()
