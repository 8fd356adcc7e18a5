"""A job that dies with its process again and again is parked: shown, and not begun any more by anybody."""

import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from django.db import connection as database
from procrastinate.contrib.django import app

from tests.support.roster.people import a_connection
from usher.connections import housekeeping, jobs, parked
from usher.connections.models import SyncRun

pytestmark = pytest.mark.django_db(transaction=True)


def status() -> list[tuple[str, str, int]]:
    with database.cursor() as cursor:
        cursor.execute("SELECT status::text, queue_name, attempts FROM procrastinate_jobs ORDER BY id")
        return list(cursor.fetchall())


def dies_at_work() -> None:
    """A worker has begun the job, and is gone without a trace."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE status = 'todo'"
        )


def housekeeping_runs() -> None:
    asyncio.run(_in_a_worker(housekeeping.retry_stalled_jobs))


async def _in_a_worker(work: Callable[[], object]) -> None:
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with app.replace_connector(connector):
        async with app.open_async():
            await work()  # type: ignore[misc]


def job_of(run: SyncRun) -> object:
    """As a worker gets it that would begin it."""
    return jobs.sync_connection.configure(lock=f"sync-{run.connection_id}").job.evolve(
        task_kwargs={"run_id": run.pk}
    )


def test_the_fifth_death_parks_a_job_and_its_run_says_so() -> None:
    run = jobs.start_sync(a_connection("Acme"), SyncRun.Trigger.PERSON)
    for deaths in range(1, 5):
        dies_at_work()
        housekeeping_runs()
        assert status() == [("todo", "default", deaths)]
    dies_at_work()
    housekeeping_runs()
    assert status() == [("failed", "parked", 5)]
    run.refresh_from_db()
    assert run.state == SyncRun.State.FAILED
    assert "died 5 times" in run.error
    (job,) = parked.parked_jobs()
    assert job.what == f"Sync of a connection (run_id {run.pk})"


def test_deaths_are_counted_although_other_housekeeping_has_queued_the_same_work_anew() -> None:
    run = jobs.start_sync(a_connection("Acme"), SyncRun.Trigger.PERSON)
    for _ in range(5):
        dies_at_work()
        jobs.enqueue(run)  # as `take_up_dead_runs` does when it comes first
        housekeeping_runs()
    assert ("failed", "parked", 5) in status()


def test_while_it_is_parked_the_same_work_does_not_begin_and_its_new_run_is_closed() -> None:
    connection, other = a_connection("Acme"), a_connection("Birch")
    jobs.start_sync(connection, SyncRun.Trigger.PERSON)
    for _ in range(5):
        dies_at_work()
        housekeeping_runs()
    again = jobs.start_sync(connection, SyncRun.Trigger.SCHEDULE)
    assert async_to_sync(housekeeping.skip_parked)(job_of(again))  # type: ignore[arg-type]
    again.refresh_from_db()
    assert again.state == SyncRun.State.FAILED
    elsewhere = jobs.start_sync(other, SyncRun.Trigger.SCHEDULE)
    assert not async_to_sync(housekeeping.skip_parked)(job_of(elsewhere))  # type: ignore[arg-type]


def test_a_parked_job_can_be_run_again_or_dropped() -> None:
    connection = a_connection("Acme")
    for _ in range(2):
        jobs.start_sync(connection, SyncRun.Trigger.PERSON)
        for _ in range(5):
            dies_at_work()
            housekeeping_runs()
        (job,) = parked.parked_jobs()
        assert parked.run_again(job.number)
        assert status() == [("todo", "default", 0)]
        assert not parked.run_again(job.number)
        for _ in range(5):
            dies_at_work()
            housekeeping_runs()
        assert parked.drop(job.number)
        assert status() == []


def test_an_outage_of_the_database_is_no_death() -> None:
    jobs.start_sync(a_connection("Acme"), SyncRun.Trigger.PERSON)
    for _ in range(6):
        with database.cursor() as cursor:
            cursor.execute("SELECT procrastinate_register_worker_v1()")
            worker = cursor.fetchone()[0]
            number = int(str(worker).strip("(").split(",")[0])
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [number])
        async_to_sync(housekeeping.return_jobs_of)([number], [])
        assert status() == [("todo", "default", 0)]
