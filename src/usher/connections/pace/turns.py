"""The calls of one event loop that wait for the same budget: they ask together, and each gets its turn."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from usher.asana import Limiter, RateLimits
from usher.asana.limiter import OnPause
from usher.connections.pace import statements
from usher.connections.pace.budget import Budget
from usher.connections.pace.session import PaceSession
from usher.platform.outages import is_outage

log = logging.getLogger(__name__)

TELL_SECONDS = 0.5
"""How often a process tells what it has under way while it asks for nothing."""
ALONE_SECONDS = 5.0
"""For how long nobody asks a database that is away."""
SHARE_ALONE = 4
"""A process that asks nobody takes a quarter of the limits, since others may do the same."""


class Turns:
    """`False` stands for reads and `True` for writes in what is kept by kind."""

    def __init__(self, budget: Budget, session: PaceSession) -> None:
        most_reads, most_writes = budget.at_once()
        self._parameters: dict[str, object] = {
            "key": budget.key,
            "process": str(uuid.uuid4()),
            "allowed": budget.allowed(),
            "most_reads": most_reads,
            "most_writes": most_writes,
        }
        self._session = session
        self._waiting: dict[bool, deque[asyncio.Future[float | None]]] = {False: deque(), True: deque()}
        self._under_way = {False: 0, True: 0}
        self._is_told = False
        self._news = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._alone = Limiter(_part(budget.limits))
        self._alone_until = float("-inf")

    @asynccontextmanager
    async def turn(self, *, is_write: bool, on_pause: OnPause) -> AsyncIterator[float]:
        began = asyncio.get_running_loop().time()
        while pause := await self._asked(is_write=is_write):
            await self._alone.pause(pause)  # should the database be away before its end
            on_pause(pause)
            await asyncio.sleep(pause)
        if pause is None:
            async with self._alone.turn(is_write=is_write, on_pause=on_pause):
                yield asyncio.get_running_loop().time() - began
        else:
            try:
                yield asyncio.get_running_loop().time() - began
            finally:
                self._end(is_write=is_write)

    async def pause(self, seconds: float) -> None:
        await self._alone.pause(seconds)
        try:
            await self._session.execute(statements.PAUSE, self._parameters | {"pause": seconds})
        except Exception as error:  # the pace fails no call
            self._go_alone(error)

    async def close(self) -> None:
        """Tells that nothing is under way, so that no other process waits for it."""
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
        if self._is_told and not self._is_alone():
            with suppress(Exception):  # then it is forgotten after some seconds
                await self._take()

    async def _asked(self, *, is_write: bool) -> float | None:
        """Waits for a turn and returns 0, or the seconds of a pause to wait before asking again.

        None if the database is away.
        """
        if self._is_alone():
            return None
        waiter: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._waiting[is_write].append(waiter)
        self._news.set()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.result() == 0:
                self._end(is_write=is_write)
            raise

    def _end(self, *, is_write: bool) -> None:
        self._under_way[is_write] -= 1
        if self._is_awaited():
            self._news.set()

    async def _ask(self) -> None:
        """Asks for as many turns as there are calls, until nobody waits and nothing is under way."""
        try:
            while self._is_awaited() or self._is_told:
                self._news.clear()
                is_used_up = await self._take()
                if self._is_awaited() and is_used_up:
                    await asyncio.sleep(statements.SLOT_SECONDS)
                elif self._is_awaited() or self._is_told:
                    # Until a call comes or, where as many are under way as may be, one ends, here or elsewhere.
                    seconds = statements.SLOT_SECONDS if self._is_awaited() else TELL_SECONDS
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), seconds)
        except Exception as error:
            self._go_alone(error)

    async def _take(self) -> bool:
        """Hands out the turns that are to be had now. Returns whether the pace is used up."""
        wanted = {kind: sum(not waiter.done() for waiter in self._waiting[kind]) for kind in (False, True)}
        own_reads, own_writes = self._under_way[False], self._under_way[True]
        parameters = self._parameters | {
            "reads": wanted[False],
            "writes": wanted[True],
            "own_reads": own_reads,
            "own_writes": own_writes,
        }
        row = await self._session.execute(statements.TAKE, parameters)
        if row is None:
            await self._session.execute(statements.START, parameters)
            row = await self._session.execute(statements.TAKE, parameters)
        self._alone_until = float("-inf")
        reads, writes, is_used_up, pause = msgspec.convert(row, tuple[int, int, bool, float])
        self._deal(reads, is_write=False)
        self._deal(writes, is_write=True)
        if pause:
            self._answer_all(pause)
        # As it is stored: calls may have ended, and callers given up, while the statement ran.
        self._is_told = own_reads + own_writes + reads + writes > 0
        return is_used_up

    def _deal(self, turns: int, *, is_write: bool) -> None:
        """To those who have waited longest and have not given up."""
        waiting = self._waiting[is_write]
        while waiting and (turns or waiting[0].done()):
            if not (waiter := waiting.popleft()).done():
                waiter.set_result(0)
                self._under_way[is_write] += 1
                turns -= 1

    def _is_awaited(self) -> bool:
        return any(not waiter.done() for waiting in self._waiting.values() for waiter in waiting)

    def _is_alone(self) -> bool:
        return asyncio.get_running_loop().time() < self._alone_until

    def _go_alone(self, error: Exception) -> None:
        """Those who wait, and who come in the next seconds, keep to a pace of this process."""
        self._alone_until = asyncio.get_running_loop().time() + ALONE_SECONDS
        # An outage is announced by whoever waits for the database to go on, and says so.
        if not is_outage(error):
            log.error("Requests to Asana go on at a slower pace.", exc_info=error)
        self._is_told = False
        self._answer_all(None)

    def _answer_all(self, answer: float | None) -> None:
        for waiting in self._waiting.values():
            while waiting:
                if not (waiter := waiting.popleft()).done():
                    waiter.set_result(answer)


def _part(limits: RateLimits) -> RateLimits:
    return RateLimits(
        requests_per_minute=max(1, limits.requests_per_minute // SHARE_ALONE),
        concurrent_reads=max(1, limits.concurrent_reads // SHARE_ALONE),
        concurrent_writes=max(1, limits.concurrent_writes // SHARE_ALONE),
    )
