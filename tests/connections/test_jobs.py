"""What workers are handed, and that nothing is handed to them twice or lost."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from usher.connections import jobs, sync
from usher.connections.disconnect import disconnect
from usher.connections.models import Connection, ConnectionTest, SyncRun
from usher.ledger.actors import SYSTEM
from usher.platform.locks import Lock, is_free, lock_async


def waiting(task: str) -> list[dict[str, int]]:
    found = ProcrastinateJob.objects.filter(task_name=f"usher.connections.jobs.{task}", status="todo")
    return [job.args for job in found.order_by("pk")]


def test_a_sync_is_handed_to_the_workers_once(browser: Client, connection: Connection) -> None:
    for _ in range(3):
        browser.post(f"/integrations/{connection.pk}/sync/")
    assert waiting("sync_connection") == [{"run_id": SyncRun.objects.get().pk}]


def test_a_connection_that_is_due_is_synced(connection: Connection) -> None:
    Connection.objects.update(next_sync_at=timezone.now() - timedelta(minutes=1))
    async_to_sync(jobs.start_due_syncs.func)(0)
    run = SyncRun.objects.get()
    assert run.trigger == SyncRun.Trigger.SCHEDULE
    async_to_sync(jobs.start_due_syncs.func)(0)
    assert waiting("sync_connection") == [{"run_id": run.pk}]


def test_a_connection_that_is_not_due_waits(connection: Connection) -> None:
    async_to_sync(jobs.start_due_syncs.func)(0)
    assert not SyncRun.objects.exists()


def test_the_job_does_the_run(connection: Connection) -> None:
    run = sync.request_run(connection, SyncRun.Trigger.PERSON)
    async_to_sync(jobs.sync_connection.func)(run.pk)
    run.refresh_from_db()
    assert run.state == SyncRun.State.DONE


def test_the_job_does_the_test(connection: Connection) -> None:
    test = jobs.start_test(connection)
    assert waiting("test_connection") == [{"test_id": test.pk}]
    async_to_sync(jobs.test_connection.func)(test.pk)
    test.refresh_from_db()
    assert test.finished_at is not None


def test_jobs_of_what_was_deleted_end_quietly(connection: Connection) -> None:
    run, test = sync.request_run(connection, SyncRun.Trigger.PERSON), jobs.start_test(connection)
    disconnect(connection, SYSTEM, delete_data=True)
    async_to_sync(jobs.sync_connection.func)(run.pk)
    async_to_sync(jobs.test_connection.func)(test.pk)
    assert not SyncRun.objects.exists()
    assert not ConnectionTest.objects.exists()


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_that_nobody_is_at_is_taken_up(connection: Connection, state: str) -> None:
    run = SyncRun.objects.create(connection=connection, trigger="command", state=state)
    async_to_sync(jobs.take_up_dead_runs.func)(0)
    assert waiting("sync_connection") == [{"run_id": run.pk}]
    async_to_sync(jobs.take_up_dead_runs.func)(0)
    assert len(waiting("sync_connection")) == 1


def test_a_run_that_somebody_is_at_is_left_alone(connection: Connection) -> None:
    SyncRun.objects.create(connection=connection, trigger="command", state="running")

    async def look_while_held() -> None:
        async with lock_async(Lock.SYNC.of(connection.pk), wait=False) as ours:
            assert ours
            await jobs.take_up_dead_runs(0)

    async_to_sync(look_while_held)()
    assert waiting("sync_connection") == []
    assert is_free(Lock.SYNC.of(connection.pk))


def test_a_job_that_finds_the_sync_elsewhere_leaves_it_there(connection: Connection) -> None:
    run = sync.request_run(connection, SyncRun.Trigger.PERSON)

    async def while_held() -> None:
        async with lock_async(Lock.SYNC.of(connection.pk), wait=False):
            await jobs.sync_connection(run.pk)

    async_to_sync(while_held)()
    run.refresh_from_db()
    assert run.state == SyncRun.State.QUEUED


def test_looking_at_a_lock_does_not_take_it(connection: Connection) -> None:
    async def held_meanwhile() -> bool:
        async with lock_async(Lock.SYNC.of(connection.pk), wait=False) as ours:
            return ours

    assert is_free(Lock.SYNC.of(connection.pk))
    assert async_to_sync(held_meanwhile)()
    assert is_free(Lock.SYNC.of(connection.pk))


@pytest.mark.parametrize("state", ["asking", "done", "failed"])
def test_a_closed_run_is_not_taken_up(connection: Connection, state: str) -> None:
    SyncRun.objects.create(connection=connection, trigger="command", state=state)
    async_to_sync(jobs.take_up_dead_runs.func)(0)
    assert waiting("sync_connection") == []
