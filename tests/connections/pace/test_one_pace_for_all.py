"""Several processes send with one token: together they keep to Asana's limits, and who is waited for goes first.

Each `Turns` here has a session of its own, as if it were in a process of its own.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from usher.asana import RateLimited, RateLimits
from usher.asana.limiter import OnPause
from usher.connections.housekeeping import delete_expired
from usher.connections.models import TokenPace
from usher.connections.pace import session, statements, turns
from usher.connections.pace.budget import Budget, Urgency
from usher.connections.pace.session import PaceSession
from usher.connections.pace.turns import Turns

pytestmark = pytest.mark.django_db(transaction=True)

UNPACED = 1_000_000


@pytest.fixture(autouse=True)
def _no_paces_of_other_tests(transactional_db: None) -> None:
    TokenPace.objects.all().delete()


@asynccontextmanager
async def process(
    per_minute: int = UNPACED, reads: int = 50, writes: int = 15, urgency: Urgency = Urgency.PERSON
) -> AsyncIterator[Turns]:
    own = PaceSession()
    entered = Turns(Budget("a token", RateLimits(per_minute, reads, writes), urgency), own)
    try:
        yield entered
    finally:
        await entered.close()
        await own.close()


def waited_for(_: float) -> None:
    pass


async def sent(
    of: Turns, moments: list[float], *, is_write: bool = False, on_pause: OnPause = waited_for
) -> None:
    async with of.turn(is_write=is_write, on_pause=on_pause):
        moments.append(time.monotonic())


async def handed_out(of: Turns, wanted: int) -> int:
    """How many of so many reads may be sent at once."""
    parameters = of._parameters | {"reads": wanted, "writes": 0, "own_reads": 0, "own_writes": 0}
    await of._session.execute(statements.START, parameters)
    row = await of._session.execute(statements.TAKE, parameters)
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


async def test_two_processes_together_send_no_more_than_one_may():
    moments: list[float] = []
    async with process(600) as one, process(600) as other, asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(sent((one, other)[number % 2], moments))
    pace = await TokenPace.objects.aget()
    assert sum(pace.sent) == len(moments) == 50
    seconds = [sum(pace.sent[begin : begin + 6]) for begin in range(len(pace.sent))]
    assert max(seconds) == 20  # a thirtieth of a minute's, and one hundredth for what a person waits for


async def test_more_than_the_limit_never_run_at_once_in_all_processes_together():
    running = {False: 0, True: 0}
    most = {False: 0, True: 0}

    async def call(of: Turns, *, is_write: bool) -> None:
        async with of.turn(is_write=is_write, on_pause=waited_for):
            running[is_write] += 1
            most[is_write] = max(most[is_write], running[is_write])
            await asyncio.sleep(0.05)
            running[is_write] -= 1

    async with (
        process(reads=6, writes=2) as one,
        process(reads=6, writes=2) as other,
        asyncio.TaskGroup() as group,
    ):
        for number in range(40):
            group.create_task(call((one, other)[number % 2], is_write=number % 5 == 0))
    assert most == {False: 6, True: 2}
    assert (await TokenPace.objects.aget()).under_way == {}


async def test_a_share_is_left_for_removals_and_another_for_what_a_person_waits_for():
    async with (
        process(6000, 10_000, urgency=Urgency.SYNC) as sync,
        process(6000, 10_000, urgency=Urgency.REMOVAL) as removal,
        process(6000, 10_000, urgency=Urgency.PERSON) as person,
    ):
        await sent(sync, [])
        pace = await TokenPace.objects.aget()
        half_a_minute_ago = [0] * 150 + [5800] + [0] * (len(pace.sent) - 151)
        await TokenPace.objects.aupdate(sent=half_a_minute_ago)
        given = [await handed_out(each, 1000) for each in (sync, removal, person)]
    assert given == [50, 30, 58]  # up to 5,850, 5,880 and 5,938 in the minute


async def test_what_a_person_waits_for_goes_first_while_syncs_wait_too():
    order: list[str] = []

    async def call(of: Turns, name: str) -> None:
        async with of.turn(is_write=False, on_pause=waited_for):
            order.append(name)

    async with (
        process(600, urgency=Urgency.SYNC) as sync,
        process(600, urgency=Urgency.SYNC) as other,
        process(600) as person,
        asyncio.TaskGroup() as group,
    ):
        for number in range(60):  # for three seconds
            group.create_task(call((sync, other)[number % 2], "sync"))
        while "sync" not in order:  # noqa: ASYNC110 - until it is the turn of the first
            await asyncio.sleep(0.01)
        await call(person, "person")
        assert order.count("sync") < 2 * 20
        await call(person, "person")
        assert order.count("sync") < 3 * 20


async def test_a_pause_that_asana_asked_one_process_for_holds_all_of_them():
    moments: list[float] = []
    async with process() as one, process() as other:
        await sent(one, moments)
        began = time.monotonic()
        await one.pause(1.5)
        await sent(other, moments)
        assert time.monotonic() - began >= 1.4


async def test_who_does_not_wait_for_so_long_hears_of_the_pause_at_once():
    told: list[float] = []

    def refuse(seconds: float) -> None:
        told.append(seconds)
        raise RateLimited("Asana received too many requests.", retry_after=seconds)

    async with process() as one, process() as other:
        await sent(one, [])
        await one.pause(600)
        async with asyncio.timeout(2):
            with pytest.raises(RateLimited, match="It asks to wait until"):
                await sent(other, [], on_pause=refuse)
    assert told == [pytest.approx(600, abs=2)]


async def test_a_pause_holds_also_while_the_database_is_away(monkeypatch):
    async with process() as one, process() as other:
        await sent(one, [])
        await one.pause(1.5)
        began = time.monotonic()
        waiting = asyncio.create_task(sent(other, []))
        await asyncio.sleep(0.3)
        monkeypatch.setattr(PaceSession, "execute", gone)
        await asyncio.gather(waiting, sent(other, []))
        assert time.monotonic() - began >= 1.2


async def test_a_pause_of_yesterday_in_a_restored_backup_holds_nobody():
    async with process() as own:
        await sent(own, [])
        await own.pause(600)
        pace = await TokenPace.objects.aget()
        assert pace.paused_until is not None
        await TokenPace.objects.aupdate(
            paused_until=pace.paused_until - timedelta(days=1),
            slot=pace.slot - 5 * 60 * 60 * 24,
            sent=[100] * len(pace.sent),
        )
        async with asyncio.timeout(2):
            await sent(own, [])
        assert sum((await TokenPace.objects.aget()).sent) == 1


async def test_a_killed_process_keeps_nothing_for_longer_than_some_seconds():
    async with process(reads=1) as killed, process(reads=1) as survivor:
        assert await handed_out(killed, 1) == 1
        assert await handed_out(survivor, 1) == 0
        pace = await TokenPace.objects.aget()
        told = {name: [*counts[:2], counts[2] - 10] for name, counts in pace.under_way.items()}
        await TokenPace.objects.aupdate(under_way=told)
        assert await handed_out(survivor, 1) == 1


async def test_a_process_that_lives_is_not_forgotten_while_its_call_takes_long(monkeypatch):
    soon = statements.TAKE.replace(f"< {statements.FORGOTTEN_SECONDS}", "< 1.0")
    assert soon != statements.TAKE
    monkeypatch.setattr(statements, "TAKE", soon)
    async with process(reads=1) as slow, process(reads=1) as other:
        async with slow.turn(is_write=False, on_pause=waited_for):
            waiting = asyncio.create_task(sent(other, []))
            await asyncio.sleep(2)
            assert not waiting.done()
        async with asyncio.timeout(5):
            await waiting


async def test_a_call_that_ends_while_its_process_tells_is_under_way_no_longer(monkeypatch):
    async with process() as own:
        execute = own._session.execute
        call = own.turn(is_write=False, on_pause=waited_for)
        await call.__aenter__()
        has_ended = False

        async def ends_meanwhile(*told: object) -> object:
            nonlocal has_ended
            answer = await execute(*told)
            if not has_ended:
                has_ended = True
                await call.__aexit__(None, None, None)
            return answer

        monkeypatch.setattr(own._session, "execute", ends_meanwhile)
        async with asyncio.timeout(5):
            while not has_ended or (await TokenPace.objects.aget()).under_way:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_a_clock_that_is_set_back_stops_nobody():
    async with process() as own:
        await sent(own, [])
        pace = await TokenPace.objects.aget()
        in_an_hour = timezone.now() + timedelta(hours=1)
        await TokenPace.objects.aupdate(slot=pace.slot + 18_000, paused_until=in_an_hour)
        await sent(own, [])
        assert abs((await TokenPace.objects.aget()).slot - pace.slot) < 3000


async def gone(*_: object) -> None:
    raise psycopg.OperationalError("the connection is closed")


async def broken(*_: object) -> None:
    raise psycopg.errors.UndefinedTable("there is no such table")


@pytest.mark.parametrize("answer", [gone, broken])
async def test_calls_go_on_while_the_database_is_away(monkeypatch, answer):
    async with process() as own:
        moments: list[float] = []
        await sent(own, moments)
        with monkeypatch.context() as patched:
            patched.setattr(PaceSession, "execute", answer)
            async with asyncio.timeout(2):
                await sent(own, moments)
                await own.pause(0.01)
        assert len(moments) == 2
        own._alone_until = float("-inf")
        await sent(own, moments)
    assert sum((await TokenPace.objects.aget()).sent) == 2  # those that were asked for there


async def test_a_database_that_is_silent_holds_a_call_for_some_seconds_only(monkeypatch):
    monkeypatch.setattr(session, "LONGEST_STATEMENT", 0.3)
    async with process() as own, process() as other:
        await sent(own, [])
        await sent(other, [])
        async with await psycopg.AsyncConnection.connect(**session.session_params()) as blocking:
            await blocking.execute("LOCK TABLE connections_tokenpace")
            began = time.monotonic()
            await sent(own, [])
            assert 0.2 < time.monotonic() - began < 2
            await blocking.rollback()
        own._alone_until = float("-inf")
        await sent(own, [])
    # The statement that nobody waits for any more may have gone through at last: better one too many than too few.
    assert sum((await TokenPace.objects.aget()).sent) in (3, 4)


async def test_alone_a_process_takes_a_part_of_the_limit(monkeypatch):
    monkeypatch.setattr(PaceSession, "execute", gone)
    moments: list[float] = []
    async with process(600) as own:
        calling = [asyncio.create_task(sent(own, moments)) for _ in range(20)]
        await asyncio.sleep(0.7)
        assert len(moments) == 20 // turns.SHARE_ALONE
        for each in calling:
            each.cancel()


async def test_who_waits_for_the_calls_of_others_asks_five_times_a_second(monkeypatch):
    async with process(reads=1) as busy, process(reads=1) as waiting:
        asked = 0
        take = waiting._take

        async def counted() -> bool:
            nonlocal asked
            asked += 1
            return await take()

        monkeypatch.setattr(waiting, "_take", counted)
        async with busy.turn(is_write=False, on_pause=waited_for):
            call = asyncio.create_task(sent(waiting, []))
            await asyncio.sleep(1)
            assert not call.done()
            assert asked <= 6
        async with asyncio.timeout(5):
            await call


async def test_a_caller_who_gives_up_keeps_no_turn():
    async with process(reads=1) as own:
        async with own.turn(is_write=False, on_pause=waited_for):
            waiting = asyncio.create_task(sent(own, []))
            await asyncio.sleep(0.3)
            waiting.cancel()
        async with asyncio.timeout(5):
            await sent(own, [])
    assert (await TokenPace.objects.aget()).under_way == {}


async def test_a_turn_that_is_handed_out_to_somebody_who_gives_up_at_that_moment_is_given_back():
    async with process(reads=1) as own:
        waiting = asyncio.create_task(sent(own, []))
        while not own._under_way[False]:  # noqa: ASYNC110 - until it is dealt, and not taken yet
            await asyncio.sleep(0)
        waiting.cancel()
        async with asyncio.timeout(5):
            await sent(own, [])
    assert own._under_way == {False: 0, True: 0}


async def test_the_pace_of_a_token_that_nobody_uses_is_deleted_after_a_day():
    async with process() as own:
        await sent(own, [])
    await delete_expired()
    pace = await TokenPace.objects.aget()
    await TokenPace.objects.aupdate(slot=pace.slot - 5 * 60 * 60 * 25)
    await delete_expired()
    assert not await TokenPace.objects.aexists()
