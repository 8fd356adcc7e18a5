"""Several processes send with one token: together they keep to Asana's limits, and who is waited for goes first."""

import asyncio
import time
from contextlib import AsyncExitStack

import psycopg
import pytest

from usher.asana import RateLimits
from usher.connections.models import TokenPace
from usher.connections.pace import shared
from usher.connections.pace.session import PaceSession
from usher.connections.pace.shared import Budget, SharedPace, _Turns
from usher.connections.pace.urgency import Urgency

pytestmark = pytest.mark.django_db(transaction=True)

LIMITS = RateLimits(requests_per_minute=600)
A_SECOND = 20
"""What a second may hold at this limit."""


@pytest.fixture(autouse=True)
def _every_client_is_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """None shares its queue or its session with another, as if each ran in a process of its own."""

    async def enter(self: SharedPace) -> SharedPace:
        self._joined = turns = _Turns(self._budget)
        turns._session = PaceSession()
        turns._session._users = 1
        return self

    async def leave(self: SharedPace, *_: object) -> None:
        assert self._joined is not None
        await self._joined.close()

    monkeypatch.setattr(SharedPace, "__aenter__", enter)
    monkeypatch.setattr(SharedPace, "__aexit__", leave)


def process(urgency: Urgency = Urgency.PERSON, limits: RateLimits = LIMITS) -> SharedPace:
    return SharedPace(Budget("a token", limits, urgency))


async def passed(pace: SharedPace, moments: list[float], *, is_write: bool = False) -> None:
    async with pace.turn(is_write=is_write):
        moments.append(time.monotonic())


async def test_two_processes_together_send_no_more_in_a_second_than_one_may():
    moments: list[float] = []
    async with process() as one, process() as other, asyncio.TaskGroup() as group:
        for number in range(A_SECOND + 10):
            group.create_task(passed((one, other)[number % 2], moments))
    assert len(moments) == A_SECOND + 10
    row = await TokenPace.objects.aget()
    assert sum(row.sent) == A_SECOND + 10
    seconds = [sum(row.sent[begin : begin + 10]) for begin in range(len(row.sent) - 10)]
    assert max(seconds) == A_SECOND


async def test_more_than_the_limit_never_run_at_once_in_all_processes_together():
    running = most = 0
    limits = RateLimits(requests_per_minute=60_000, concurrent_reads=6, concurrent_writes=2)

    async def call(pace: SharedPace, *, is_write: bool) -> None:
        nonlocal running, most
        async with pace.turn(is_write=is_write):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.02)
            running -= 1

    async with process(limits=limits) as one, process(limits=limits) as other, asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(call((one, other)[number % 2], is_write=number % 5 == 0))
    assert 1 < most <= 8
    row = await TokenPace.objects.aget()
    assert sum(row.reads) == sum(row.writes) == 0


async def test_a_share_is_left_for_removals_and_another_for_what_a_person_waits_for():
    limits = RateLimits(requests_per_minute=6000, concurrent_reads=10_000)
    async with process(Urgency.SYNC, limits) as sync, process(Urgency.REMOVAL, limits) as removal:
        async with process(Urgency.PERSON, limits) as person:
            await _all_turns(sync)
            row = await TokenPace.objects.aget()
            half_a_minute_ago = [0] * 300 + [5800] + [0] * (len(row.sent) - 301)
            await TokenPace.objects.aupdate(sent=half_a_minute_ago)
            given = [await _all_turns(pace) for pace in (sync, removal, person)]
    assert given == [6, 37, 37]  # up to 5,806, 5,843 and 5,880 in the minute


async def _all_turns(pace: SharedPace) -> int:
    assert pace._joined is not None
    return (await pace._joined._take(1000, 0)).reads


async def test_a_pause_that_asana_asked_one_process_for_holds_all_of_them():
    moments: list[float] = []
    async with process() as one, process() as other:
        await passed(one, moments)
        began = time.monotonic()
        await one.pause(1.5)
        await passed(other, moments)
        assert time.monotonic() - began >= 1.4


async def test_the_turns_of_a_killed_process_are_free_again_after_a_minute():
    limits = RateLimits(requests_per_minute=60_000, concurrent_reads=1)
    async with AsyncExitStack() as stack:
        killed = await stack.enter_async_context(process(limits=limits))
        assert killed._joined is not None
        assert (await killed._joined._take(1, 0)).reads == 1
        survivor = await stack.enter_async_context(process(limits=limits))
        assert survivor._joined is not None
        assert (await survivor._joined._take(1, 0)).reads == 0
        row = await TokenPace.objects.aget()
        await TokenPace.objects.aupdate(second=row.second - 61, slot=row.slot - 610)
        assert (await survivor._joined._take(1, 0)).reads == 1


async def test_a_clock_that_is_set_back_stops_nobody_for_ever():
    async with process() as pace:
        moments: list[float] = []
        await passed(pace, moments)
        row = await TokenPace.objects.aget()
        await TokenPace.objects.aupdate(second=row.second + 3600, slot=row.slot + 36_000)
        await passed(pace, moments)
        assert abs((await TokenPace.objects.aget()).second - row.second) < 600


async def test_calls_go_on_while_the_database_is_away(monkeypatch):
    async def gone(*_: object) -> None:
        raise psycopg.OperationalError("the connection is closed")

    async with process() as pace:
        moments: list[float] = []
        await passed(pace, moments)
        with monkeypatch.context() as patched:
            patched.setattr(PaceSession, "execute", gone)
            await passed(pace, moments)
            await pace.pause(0.01)
        assert len(moments) == 2
        monkeypatch.setattr(pace._joined, "_alone_until", float("-inf"))
        await passed(pace, moments)
    assert sum((await TokenPace.objects.aget()).sent) == 2
    assert shared.ALONE_SECONDS > 0


async def test_a_caller_who_gives_up_keeps_no_turn():
    limits = RateLimits(requests_per_minute=60_000, concurrent_reads=1)
    async with process(limits=limits) as pace:
        async with pace.turn(is_write=False):
            waiting = asyncio.create_task(passed(pace, []))
            await asyncio.sleep(0.3)
            waiting.cancel()
        moments: list[float] = []
        async with asyncio.timeout(10):
            await passed(pace, moments)
    assert sum((await TokenPace.objects.aget()).reads) == 0


async def test_a_statement_takes_no_more_than_two_milliseconds():
    async with process(limits=RateLimits(requests_per_minute=1_000_000)) as pace:
        assert pace._joined is not None
        spent = []
        for _ in range(60):
            began = time.perf_counter()
            await pace._joined._take(1, 0)
            spent.append(time.perf_counter() - began)
    assert min(spent) < 0.002  # the quickest: other processes slow the machine, not the statement
    print(f"statement: median {sorted(spent)[30] * 1000:.2f} ms, least {min(spent) * 1000:.2f} ms")
