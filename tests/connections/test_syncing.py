"""From a run that is asked for to one that is closed, whatever happens on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import django.db
import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from tests.connections.conftest import gid_of
from usher.asana import AsanaError, Unavailable
from usher.connections import sync
from usher.connections.models import Connection, ConnectionState, Credentials, SyncRun
from usher.connections.sync import SyncContext, SyncElsewhere
from usher.ledger.actors import SYSTEM
from usher.roster.models import Membership, Status
from usher.sandbox import RunningSandbox

Stage = Callable[[SyncContext], Awaitable[None]]
Trigger = SyncRun.Trigger


def perform(run: SyncRun) -> SyncRun:
    return async_to_sync(sync.perform)(run.pk)


def sync_now(connection: Connection) -> SyncRun:
    return perform(sync.request_run(connection, Trigger.PERSON))


@pytest.fixture
def only_stage(monkeypatch: pytest.MonkeyPatch) -> Callable[[Stage], None]:
    """Replaces what there is to bring up to date."""
    return lambda stage: monkeypatch.setattr(sync, "stages", lambda: [[stage]])


def test_a_connection_has_one_open_run_however_often_it_is_asked_for(connection: Connection) -> None:
    runs = {sync.request_run(connection, trigger).pk for trigger in Trigger}
    assert len(runs) == SyncRun.objects.count() == 1


def test_an_answer_reaches_the_run_that_is_open_already(connection: Connection) -> None:
    sync.request_run(connection, Trigger.SCHEDULE)
    assert sync.request_run(connection, Trigger.PERSON, accepted_by=SYSTEM).accept_vanished
    assert sync.request_run(connection, Trigger.PERSON).accept_vanished


def test_a_run_ends_done_and_plans_the_next(connection: Connection) -> None:
    run = sync_now(connection)
    connection.refresh_from_db()
    assert (run.state, run.attempts, run.error) == (SyncRun.State.DONE, 1, "")
    assert run.requests > 4
    assert connection.state == ConnectionState.SYNCED
    assert connection.last_synced_at == run.finished_at
    assert connection.next_sync_at is not None
    assert connection.next_sync_at > timezone.now()
    assert sync.request_run(connection, Trigger.PERSON).pk != run.pk


def test_nobody_sees_a_closed_run_whose_connection_does_not_know_of_it_yet(
    transactional_db: None, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_by_others: list[ConnectionState] = []

    def plan(*args: object) -> datetime:  # is called while a run is being closed
        with ThreadPoolExecutor() as another:
            seen_by_others.append(another.submit(state_in_a_session_of_its_own, connection.pk).result())
        return timezone.now()

    monkeypatch.setattr(sync, "next_daily_sync", plan)
    sync_now(connection)
    assert seen_by_others == [ConnectionState.SYNCING]


def state_in_a_session_of_its_own(pk: int) -> ConnectionState:
    try:
        return Connection.objects.get(pk=pk).state
    finally:
        django.db.connection.close()


def test_a_closed_run_is_not_done_again(connection: Connection, sandbox: RunningSandbox) -> None:
    run = sync_now(connection)
    sandbox.reset_stats()
    assert perform(run).attempts == 1
    assert not sandbox.stats()["requests"]


def test_of_two_at_once_the_second_is_turned_away(
    connection: Connection, only_stage: Callable[[Stage], None]
) -> None:
    run = sync.request_run(connection, Trigger.PERSON)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(context: SyncContext) -> None:
        begun.set()
        await go_on.wait()

    async def both() -> SyncRun:
        first = asyncio.create_task(sync.perform(run.pk))
        await asyncio.wait_for(begun.wait(), 60)
        with pytest.raises(SyncElsewhere):
            await sync.perform(run.pk)
        go_on.set()
        return await first

    only_stage(wait)
    assert async_to_sync(both)().attempts == 1


def test_of_two_at_once_the_second_may_wait_and_finds_it_done(
    connection: Connection, only_stage: Callable[[Stage], None]
) -> None:
    run = sync.request_run(connection, Trigger.PERSON)
    entered = 0

    async def count(context: SyncContext) -> None:
        nonlocal entered
        entered += 1
        await asyncio.sleep(0.1)

    async def both() -> list[SyncRun]:
        return await asyncio.gather(*(sync.perform(run.pk, wait=True) for _ in range(2)))

    only_stage(count)
    runs = async_to_sync(both)()
    assert [r.state for r in runs] == [SyncRun.State.DONE] * 2
    assert entered == 1


def test_two_connections_are_synced_at_the_same_time(
    browser: Client, connection: Connection, only_stage: Callable[[Stage], None]
) -> None:
    browser.post(
        "/integrations/connect/", {"name": "B", "mode": "read", "way": "token", "token": "sandbox-pat-2"}
    )
    runs = [sync.request_run(each, Trigger.PERSON) for each in Connection.objects.all()]
    met = asyncio.Barrier(2)

    async def meet(context: SyncContext) -> None:
        async with asyncio.timeout(5):
            await met.wait()

    async def both() -> list[SyncRun]:
        return await asyncio.gather(*(sync.perform(run.pk) for run in runs))

    only_stage(meet)
    assert {run.state for run in async_to_sync(both)()} == {SyncRun.State.DONE}


def test_a_refused_token_asks_to_reconnect_and_tries_no_sooner_than_daily(connection: Connection) -> None:
    Credentials.objects.update(access_token="sandbox-revoked")
    run = sync_now(connection)
    connection.refresh_from_db()
    assert run.state == SyncRun.State.FAILED
    assert (connection.problem_kind, connection.state) == ("not_authorized", ConnectionState.ATTENTION)
    assert connection.problem == run.error
    assert connection.next_sync_at is not None
    assert connection.next_sync_at.astimezone().strftime("%H:%M") == connection.sync_at.strftime("%H:%M")


def test_asana_being_down_is_tried_again_within_a_quarter_of_an_hour(
    connection: Connection, only_stage: Callable[[Stage], None]
) -> None:
    async def down(context: SyncContext) -> None:
        raise Unavailable("Asana cannot be reached from this machine.")

    only_stage(down)
    run = sync_now(connection)
    connection.refresh_from_db()
    assert (run.state, connection.problem_kind) == (SyncRun.State.FAILED, "sync_failed")
    assert connection.next_sync_at is not None
    assert connection.next_sync_at <= timezone.now() + timedelta(minutes=15)


def test_asana_asking_for_a_long_pause_is_said_and_mends_itself(
    connection: Connection, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.post_faults(share=1, kinds=["429"], retry_after=3600)
    assert "too many requests" in sync_now(connection).error
    sandbox.post_faults(share=0)
    monkeypatch.setattr("usher.connections.client.SALT", "after the pause")
    assert sync_now(connection).state == SyncRun.State.DONE
    connection.refresh_from_db()
    assert (connection.problem, connection.state) == ("", ConnectionState.SYNCED)


def test_a_fault_of_ushers_own_closes_the_run_and_is_not_swallowed(
    connection: Connection, only_stage: Callable[[Stage], None]
) -> None:
    async def fail(context: SyncContext) -> None:
        raise ZeroDivisionError("by zero")

    only_stage(fail)
    run = sync.request_run(connection, Trigger.PERSON)
    with pytest.raises(ZeroDivisionError):
        perform(run)
    run.refresh_from_db()
    assert (run.state, run.error) == (SyncRun.State.FAILED, "Usher itself failed: ZeroDivisionError: by zero")


def test_a_run_that_is_taken_up_again_counts_its_attempts_and_adds_its_requests(
    connection: Connection, only_stage: Callable[[Stage], None]
) -> None:
    run = sync.request_run(connection, Trigger.PERSON)
    SyncRun.objects.update(state="running", attempts=1, requests=100, started_at=timezone.now())
    begun = SyncRun.objects.get().started_at

    async def ask_once(context: SyncContext) -> None:
        await context.asana.me()

    only_stage(ask_once)
    done = perform(run)
    assert (done.state, done.attempts, done.requests, done.started_at) == ("done", 2, 101, begun)


def test_a_done_sync_does_not_take_back_what_a_test_found(connection: Connection) -> None:
    connection.set_problem("test_failed", "The audit log is closed.", "Open it.")
    sync_now(connection)
    connection.refresh_from_db()
    assert connection.problem == "The audit log is closed."
    connection.set_problem("unreachable", "Asana cannot be reached.", "Wait.")
    sync_now(connection)
    connection.refresh_from_db()
    assert connection.problem == ""


# Many vanish at once: the run asks.


@pytest.fixture
def asking(connection: Connection, sandbox: RunningSandbox) -> Connection:
    sync_now(connection)
    sandbox.vanish(gid_of(sandbox, "Halvorsen & Brook"), 0.3)
    assert sync_now(connection).state == SyncRun.State.ASKING
    connection.refresh_from_db()
    assert connection.problem_kind == "asking"
    return connection


def active() -> int:
    return Membership.objects.filter(status=Status.ACTIVE).count()


def answer(browser: Client, connection: Connection, left: str) -> None:
    browser.post(f"/integrations/{connection.pk}/answer/", {"left": left})
    connection.refresh_from_db()


def test_a_yes_closes_them_with_the_sync_that_follows(browser: Client, asking: Connection) -> None:
    before = active()
    answer(browser, asking, "yes")
    run = SyncRun.objects.get(state="queued")
    assert run.accept_vanished
    assert perform(run).left > 0
    asking.refresh_from_db()
    assert active() < before
    assert (asking.problem, asking.state) == ("", ConnectionState.SYNCED)


def test_a_no_closes_nobody_and_the_next_sync_asks_again(browser: Client, asking: Connection) -> None:
    before = active()
    answer(browser, asking, "no")
    assert (asking.problem, active()) == ("", before)
    assert sync_now(asking).state == SyncRun.State.ASKING


def test_a_question_that_is_off_the_table_can_no_longer_be_answered(
    browser: Client, asking: Connection
) -> None:
    answer(browser, asking, "no")
    answer(browser, asking, "yes")
    assert not SyncRun.objects.filter(accept_vanished=True).exists()
    assert asking.open_run() is None


def test_a_sync_reads_people_and_their_activity_at_once_and_then_matches_them() -> None:
    assert [[stage.__name__ for stage in together] for together in sync.stages()] == [
        ["walk_roster", "read_events"],
        ["compute_usage"],
        ["match_people"],
        ["look_for_pauses"],
        ["send_on"],
    ]


def test_stages_of_one_step_run_at_the_same_time_and_each_to_its_end_though_another_fails(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = [asyncio.Event(), asyncio.Event()]
    ended: list[str] = []

    async def fails(context: SyncContext) -> None:
        begun[0].set()
        await asyncio.wait_for(begun[1].wait(), 60)
        raise AsanaError("no people")

    async def reads_on(context: SyncContext) -> None:
        begun[1].set()
        await asyncio.wait_for(begun[0].wait(), 60)
        await asyncio.sleep(0.05)
        ended.append("read")

    async def afterwards(context: SyncContext) -> None:
        ended.append("afterwards")

    monkeypatch.setattr(sync, "stages", lambda: [[fails, reads_on], [afterwards]])
    run = sync_now(connection)
    assert (run.state, run.error) == (SyncRun.State.FAILED, "no people")
    assert ended == ["read", "afterwards"]
