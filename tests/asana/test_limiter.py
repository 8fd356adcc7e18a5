"""The pace that Asana allows, on a clock of its own and on the real one."""

import asyncio
import time
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.asana import RateLimited, RateLimits
from usher.asana.limiter import Limiter, Pacer, limiter_of


class VirtualTime:
    """A clock that only moves when someone sleeps; `late`: how much too long each sleep takes."""

    def __init__(self, late: float = 0.0) -> None:
        self.now = 1000.0
        self.late = late

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.late


def most_in(seconds: float, moments: list[float]) -> int:
    """The most moments in any window of that length, both ends included."""
    return max(bisect_right(moments, begin + seconds) - index for index, begin in enumerate(moments))


def passes(per_minute: int, gaps: list[float], late: float = 0.0) -> list[float]:
    clock = VirtualTime(late)
    pacer = Pacer(per_minute, monotonic=clock.monotonic, sleep=clock.sleep)
    moments = []

    async def run() -> None:
        for gap in gaps:
            clock.now += gap
            await pacer.passed()
            moments.append(clock.now)

    asyncio.run(run())
    return moments


@given(
    per_minute=st.sampled_from([1, 2, 10, 50, 60, 150, 500, 1500]),
    gaps=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.03, 0.5, 5.0, 61.0]), min_size=1, max_size=400),
    late=st.sampled_from([0.0, 0.0001, 0.01, 0.7]),
)
def test_no_minute_and_no_ten_seconds_ever_hold_more_than_allowed(per_minute, gaps, late):
    moments = passes(per_minute, gaps, late)
    assert most_in(60 - 1e-6, moments) <= per_minute
    if per_minute >= 10:
        assert most_in(10 - 1e-6, moments) <= per_minute / 5


@pytest.mark.parametrize("per_minute", [150, 1500])
@pytest.mark.parametrize("late", [0.0, 0.02])
def test_work_without_end_uses_at_least_95_percent_of_the_limit(per_minute, late):
    minutes = 5
    moments = passes(per_minute, [0.0] * (per_minute * minutes), late)
    used = bisect_right(moments, moments[0] + 60 * minutes)
    assert 0.95 * per_minute * minutes <= used <= per_minute * minutes
    assert most_in(60, moments) <= per_minute
    assert most_in(10, moments) <= per_minute / 5


@pytest.mark.parametrize("per_minute", [150, 1500])
def test_no_second_holds_more_than_a_thirtieth_of_a_minute(per_minute):
    moments = passes(per_minute, [0.0] * per_minute)
    assert most_in(1 - 1e-6, moments) == per_minute / 30


def test_a_short_piece_of_work_goes_faster_than_the_pace_of_a_minute():
    moments = passes(1500, [0.0] * 200)
    assert moments[-1] - moments[0] < 200 / 1500 * 60 / 1.5


def test_nobody_passes_during_a_pause_and_the_longest_pause_counts():
    clock = VirtualTime()
    pacer = Pacer(1500, monotonic=clock.monotonic, sleep=clock.sleep)
    pacer.pause(30)
    pacer.pause(5)
    assert asyncio.run(pacer.passed()) == pytest.approx(30)
    assert clock.now == pytest.approx(1030)


async def test_who_waits_in_a_pause_is_told_of_it_and_may_give_up():
    told: list[float] = []

    def refuse(seconds: float) -> None:
        told.append(seconds)
        raise RateLimited("too many")

    limiter = Limiter(RateLimits())
    await limiter.pause(30)
    with pytest.raises(RateLimited):
        async with limiter.turn(is_write=False, on_pause=refuse):
            pass
    assert told == [pytest.approx(30, abs=1)]


async def test_a_pause_holds_also_those_who_already_wait():
    pacer = Pacer(240)
    began = time.monotonic()
    waiting = [asyncio.create_task(pacer.passed()) for _ in range(12)]
    await asyncio.sleep(0.02)
    pacer.pause(0.5)
    passed_before = sum(task.done() for task in waiting)
    assert passed_before < 12
    await asyncio.sleep(0.3)
    assert sum(task.done() for task in waiting) == passed_before
    await asyncio.gather(*waiting)
    assert time.monotonic() - began >= 0.5


async def test_calls_pass_in_the_order_in_which_they_came():
    pacer = Pacer(6000)
    order: list[int] = []

    async def call(number: int) -> None:
        await pacer.passed()
        order.append(number)

    await asyncio.gather(*(call(number) for number in range(40)))
    assert order == list(range(40))


async def test_a_caller_who_gives_up_holds_nobody():
    pacer = Pacer(60)
    await pacer.passed()
    first, second = asyncio.create_task(pacer.passed()), asyncio.create_task(pacer.passed())
    await asyncio.sleep(0.05)
    first.cancel()
    await asyncio.wait_for(second, timeout=3)


@pytest.mark.parametrize(("is_write", "at_once"), [(False, 50), (True, 15)])
async def test_only_so_many_reads_and_writes_run_at_once(is_write, at_once):
    limiter = Limiter(RateLimits(requests_per_minute=1_000_000))
    running = most = 0

    async def call() -> None:
        nonlocal running, most
        async with limiter.turn(is_write=is_write):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.005)
            running -= 1

    await asyncio.gather(*(call() for _ in range(120)))
    assert most == at_once


async def test_clients_with_the_same_token_share_one_limiter():
    assert limiter_of("a", RateLimits()) is limiter_of("a", RateLimits())
    assert limiter_of("a", RateLimits()) is not limiter_of("b", RateLimits())


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Pacer(0)
