"""The pace of a token as a client of Asana sees it: the calls of a process ask together, and each gets its turn."""

import asyncio
import random
import weakref
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import msgspec
import psycopg

from usher.asana import Limiter, RateLimits
from usher.connections.pace import statements
from usher.connections.pace.session import PaceSession
from usher.connections.pace.urgency import Urgency
from usher.platform.outages import SessionLost, announcer, is_outage

AT_ONCE = 20
"""Calls that one statement grants at most: they are sent at once, and must not take long to send."""
SHORTEST_WAIT = 0.02
CROWDED_WAIT = 0.1
"""Seconds until the next question where too many calls are under way, some of which may end in another process."""
TELL_WITHIN = 0.25
"""Seconds after which the database learns that a call has ended, if no question tells it before."""
ALONE_SECONDS = 5.0
"""For how long nobody asks a database that is away."""
SHARE_ALONE = 4
"""A process that asks nobody takes a quarter of the limits, since others may do the same."""


@dataclass(frozen=True)
class Budget:
    """`key` names the token without giving it away. The limits are Asana's for it."""

    key: str
    limits: RateLimits
    urgency: Urgency


class _Turns:
    """The calls of one event loop that wait for the same budget."""

    def __init__(self, budget: Budget) -> None:
        self.users = 0
        self._key = {"key": budget.key}
        self._parameters = {
            **statements.FIXED,
            **self._key,
            **statements.allowed_calls(budget.limits, budget.urgency),
        }
        self._waiting: dict[bool, deque[asyncio.Future[int | None]]] = {False: deque(), True: deque()}
        self._ended: dict[bool, Counter[int]] = {False: Counter(), True: Counter()}
        self._news = asyncio.Event()
        self._is_crowded = False
        self._asking: asyncio.Task[None] | None = None
        self._session: PaceSession | None = None
        self._alone_until = float("-inf")
        self._alone = Limiter(_part(budget.limits))

    def open(self) -> None:
        self._session = PaceSession.join()

    async def close(self) -> None:
        """Tells which calls have ended, so that no other process waits for them."""
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
        assert self._session is not None
        try:
            if any(self._ended.values()) and not self._is_alone():
                await self._take(0, 0)
        except (psycopg.Error, SessionLost):
            pass  # they count as ended after a minute
        finally:
            await self._session.leave()

    @asynccontextmanager
    async def turn(self, *, is_write: bool) -> AsyncIterator[float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        second = None if self._is_alone() else await self._granted(is_write=is_write)
        if second is None:
            async with self._alone.turn(is_write=is_write) as waited:
                yield waited
            return
        try:
            yield loop.time() - began
        finally:
            self._end(second, is_write=is_write)

    async def pause(self, seconds: float) -> None:
        await self._alone.pause(seconds)
        try:
            await self._execute(statements.PAUSE, {**self._key, "pause": seconds})
        except (psycopg.Error, SessionLost) as error:
            self._go_alone(error)

    async def _granted(self, *, is_write: bool) -> int | None:
        """Waits for a turn. The second in which it begins; None if this process goes on alone."""
        waiter: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._waiting[is_write].append(waiter)
        self._news.set()
        self._ask_soon()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and (second := waiter.result()) is not None:
                self._end(second, is_write=is_write)
            raise

    def _end(self, second: int, *, is_write: bool) -> None:
        self._ended[is_write][second] += 1
        if self._is_crowded:
            self._news.set()
        self._ask_soon()

    def _ask_soon(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        """Asks the database for as many turns as there are calls, until nobody waits and all is told."""
        try:
            while self._is_awaited() or any(self._ended.values()):
                if not self._is_awaited():
                    await self._news_within(TELL_WITHIN)
                self._news.clear()
                reads, writes = self._count(is_write=False), self._count(is_write=True)
                decision = await self._take(min(reads, AT_ONCE), min(writes, AT_ONCE))
                self._deal(decision.reads, decision.second, is_write=False)
                self._deal(decision.writes, decision.second, is_write=True)
                if self._is_awaited():
                    await self._wait_after(decision)
        except Exception as error:
            self._fail(error)

    async def _wait_after(self, decision: statements.Decision) -> None:
        if decision.wait > 0:
            # Not all processes in the same order each time.
            await asyncio.sleep(max(decision.wait, SHORTEST_WAIT) + random.uniform(0, 0.01))  # noqa: S311
        elif decision.reads + decision.writes == 0:
            self._is_crowded = True
            await self._news_within(CROWDED_WAIT)
            self._is_crowded = False

    async def _news_within(self, seconds: float) -> None:
        """Until a call comes or, where too many are under way, one ends."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)

    def _is_awaited(self) -> bool:
        return self._count(is_write=False) + self._count(is_write=True) > 0

    def _count(self, *, is_write: bool) -> int:
        waiting = self._waiting[is_write]
        while waiting and waiting[0].done():
            waiting.popleft()  # has given up
        return sum(not waiter.done() for waiter in waiting)

    def _deal(self, turns: int, second: int, *, is_write: bool) -> None:
        """To those who have waited longest. A turn that nobody wants any more counts as a call that has ended."""
        waiting = self._waiting[is_write]
        while turns and waiting:
            if not (waiter := waiting.popleft()).done():
                waiter.set_result(second)
                turns -= 1
        if turns:
            self._ended[is_write][second] += turns

    async def _take(self, reads: int, writes: int) -> statements.Decision:
        """Asks for turns, and tells which calls have ended."""
        ended = self._ended
        self._ended = {False: Counter(), True: Counter()}
        seconds = sorted(ended[False].keys() | ended[True].keys())
        row = await self._execute(
            statements.TAKE,
            {
                **self._parameters,
                "reads": reads,
                "writes": writes,
                "ended_at": seconds,
                "ended_reads": [ended[False][second] for second in seconds],
                "ended_writes": [ended[True][second] for second in seconds],
            },
        )
        if row is None:
            await self._execute(statements.START, self._parameters)
            return await self._take(reads, writes)
        if self._alone_until > float("-inf"):
            self._alone_until = float("-inf")
            announcer.is_over()
        return msgspec.convert(
            dict(zip(("reads", "writes", "wait", "second"), row, strict=True)), statements.Decision
        )

    async def _execute(self, statement: str, parameters: dict[str, object]) -> tuple[object, ...] | None:
        assert self._session is not None
        return await self._session.execute(statement, parameters)

    def _is_alone(self) -> bool:
        return asyncio.get_running_loop().time() < self._alone_until

    def _fail(self, error: Exception) -> None:
        """Those who wait go on alone; if it is no outage, they fail."""
        waiting = [*self._waiting[False], *self._waiting[True]]
        self._waiting = {False: deque(), True: deque()}
        self._ended = {False: Counter(), True: Counter()}
        if is_outage(error):
            self._go_alone(error)
        for waiter in waiting:
            if waiter.done():
                continue
            if is_outage(error):
                waiter.set_result(None)
            else:
                waiter.set_exception(error)

    def _go_alone(self, error: Exception) -> None:
        if not is_outage(error):
            raise error
        self._alone_until = asyncio.get_running_loop().time() + ALONE_SECONDS
        announcer.began(error, "Requests to Asana go on at a slower pace.")


def _part(limits: RateLimits) -> RateLimits:
    return RateLimits(
        requests_per_minute=max(1, limits.requests_per_minute // SHARE_ALONE),
        concurrent_reads=max(1, limits.concurrent_reads // SHARE_ALONE),
        concurrent_writes=max(1, limits.concurrent_writes // SHARE_ALONE),
    )


_turns: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Budget, _Turns]] = weakref.WeakKeyDictionary()


class SharedPace:
    """A `Pace` of `usher.asana`. Clients of an event loop with the same budget wait in one queue."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._joined: _Turns | None = None

    async def __aenter__(self) -> Self:
        turns = _turns.setdefault(asyncio.get_running_loop(), {})
        if self._budget not in turns:
            turns[self._budget] = _Turns(self._budget)
            turns[self._budget].open()
        self._joined = turns[self._budget]
        self._joined.users += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        joined, self._joined = self._joined, None
        assert joined is not None
        joined.users -= 1
        if joined.users == 0:
            loop = asyncio.get_running_loop()
            _turns[loop].pop(self._budget)
            if not _turns[loop]:
                del _turns[loop]
            await joined.close()

    @asynccontextmanager
    async def turn(self, *, is_write: bool) -> AsyncIterator[float]:
        assert self._joined is not None
        async with self._joined.turn(is_write=is_write) as waited:
            yield waited

    async def pause(self, seconds: float) -> None:
        assert self._joined is not None
        await self._joined.pause(seconds)
