"""Background work on connections. Thin: each job calls one verb.

The names of tasks are stored with queued jobs, so they do not change.
"""

import logging

from asgiref.sync import sync_to_async
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from usher.connections import housekeeping, schedule, sync
from usher.connections.connection_test.run import run_test
from usher.connections.models import Connection, ConnectionTest, SyncRun
from usher.ledger.actors import Actor

log = logging.getLogger(__name__)


def start_sync(
    connection: Connection, trigger: SyncRun.Trigger, *, accepted_by: Actor | None = None
) -> SyncRun:
    """Has a worker sync the connection. Returns the run to watch."""
    run = sync.request_run(connection, trigger, accepted_by=accepted_by)
    enqueue(run)
    return run


def enqueue(run: SyncRun) -> None:
    """Hands a run to the workers, unless it is queued already."""
    lock = f"sync-{run.connection_id}"
    try:
        with transaction.atomic():  # a refused row must not spoil the caller's transaction
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
        log.info("Another process works on run %s.", run_id)
    except SyncRun.DoesNotExist:
        log.info("Run %s was deleted with its connection.", run_id)


@app.task
async def test_connection(test_id: int) -> None:
    try:
        await run_test(test_id)
    except ConnectionTest.DoesNotExist:
        log.info("Test %s was deleted with its connection.", test_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="start-due-syncs")
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
    for run in housekeeping.abandoned_runs():
        enqueue(run)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry-stalled-jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    await housekeeping.retry_stalled_jobs()


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="tidy-up")
async def tidy_up(timestamp: int) -> None:
    await housekeeping.delete_expired()
