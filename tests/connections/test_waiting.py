"""A sync that waits says for what, and until when."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client

from usher.asana import RateLimited
from usher.connections import sync
from usher.connections.client import bearer
from usher.connections.models import Connection, SyncRun
from usher.connections.sync import SyncContext
from usher.platform.locks import Lock, lock_async
from usher.sandbox import RunningSandbox

Stage = Callable[[SyncContext], Awaitable[None]]
WAITS = "Waiting for Asana until"


def a_run(connection: Connection) -> SyncRun:
    return sync.request_run(connection, SyncRun.Trigger.PERSON)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110  # what it waits for is in the database
            await asyncio.sleep(0.05)


def test_a_run_that_asana_asks_to_wait_shows_until_when(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    async def stage(context: SyncContext) -> None:
        async def stored(*, waits: bool) -> bool:
            row = await SyncRun.objects.aget(pk=context.run.pk)
            return row.step_label.startswith(WAITS) is waits

        context.asana.tally.note_wait(600)
        await until(lambda: stored(waits=True))
        context.asana.tally.waits_until = datetime.now(UTC) - timedelta(seconds=1)
        context.run.step = "read_people:Acme"
        await until(lambda: stored(waits=False))

    monkeypatch.setattr(sync, "stages", lambda: [[stage]])
    run = async_to_sync(sync.perform)(
        a_run(connection).pk, on_progress=lambda run: shown.append(run.step_label)
    )
    assert run.state == SyncRun.State.DONE
    assert shown[0].startswith(WAITS)
    assert shown[0].endswith(" UTC")
    assert shown[-1] == "Reading people of Acme"


def test_what_asana_asks_is_noted(
    connection: Connection, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[datetime] = []

    async def stage(context: SyncContext) -> None:
        sandbox.post_faults(share=1, kinds=["429"], seed=1, retry_after=1)
        call = asyncio.create_task(context.asana.me())

        async def is_noted() -> bool:
            return context.waits_until is not None

        await until(is_noted)
        assert context.waits_until is not None
        noted.append(context.waits_until)
        sandbox.post_faults(share=0, kinds=["429"], seed=1, retry_after=1)
        await call

    monkeypatch.setattr(sync, "stages", lambda: [[stage]])
    began = datetime.now(UTC)
    assert async_to_sync(sync.perform)(a_run(connection).pk).state == SyncRun.State.DONE
    assert noted[0] >= began + timedelta(seconds=1)


def test_a_run_that_begins_in_a_pause_of_another_process_shows_until_when(
    connection: Connection, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[datetime] = []

    async def refused() -> None:
        async with bearer("sandbox-pat-1") as asana:
            sandbox.post_faults(share=1, kinds=["429"], retry_after=60)
            with pytest.raises(RateLimited):
                await asana.me()
            sandbox.post_faults(share=0)

    async def stage(context: SyncContext) -> None:
        call = asyncio.create_task(context.asana.me())

        async def is_noted() -> bool:
            return context.waits_until is not None

        await until(is_noted)
        assert context.waits_until is not None
        noted.append(context.waits_until)
        call.cancel()

    monkeypatch.setattr(sync, "stages", lambda: [[stage]])
    began = datetime.now(UTC)
    asyncio.run(refused())
    assert async_to_sync(sync.perform)(a_run(connection).pk).state == SyncRun.State.DONE
    assert timedelta(seconds=50) < noted[0] - began < timedelta(seconds=65)


def test_a_run_that_nobody_works_on_is_shown_as_interrupted(browser: Client, connection: Connection) -> None:
    run = a_run(connection)
    SyncRun.objects.update(state=SyncRun.State.RUNNING)
    page = f"/integrations/{connection.pk}/health/"
    assert "Interrupted: no process works on this sync" in browser.get(page).text
    SyncRun.objects.filter(pk=run.pk).update(state=SyncRun.State.DONE)
    assert "Interrupted" not in browser.get(page).text


def test_a_run_that_somebody_works_on_is_not(
    browser: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []

    async def stage(context: SyncContext) -> None:
        pages.append((await sync_to_async(browser.get)(f"/integrations/{connection.pk}/health/")).text)

    monkeypatch.setattr(sync, "stages", lambda: [[stage]])
    async_to_sync(sync.perform)(a_run(connection).pk)
    assert "Interrupted" not in pages[0]


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_another_sync_to_end_is_told_once() -> None:
    told: list[None] = []

    async def wait() -> None:
        async with lock_async(Lock.SYNC.of(4711), wait=False):
            waiting = asyncio.create_task(second())
            async with asyncio.timeout(60):
                while not told:  # noqa: ASYNC110  # told by a plain function
                    await asyncio.sleep(0.05)
        await waiting

    async def second() -> None:
        async with lock_async(Lock.SYNC.of(4711), wait=True, on_wait=lambda: told.append(None)) as ours:
            assert ours

    asyncio.run(wait())
    assert len(told) == 1
