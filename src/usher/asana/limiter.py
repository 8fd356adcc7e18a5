"""Asana's limits per token: requests per minute, calls at once, and pauses that it asks for."""

import asyncio
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Asana's published limits for one token. A free domain has 150 requests per minute."""

    requests_per_minute: int = 1500
    concurrent_reads: int = 50
    concurrent_writes: int = 15


class Pacer:
    """Lets calls pass evenly (generic cell rate algorithm), in the order in which they came.

    In any 60 seconds at most `per_minute` pass, in any 10 at most a fifth of that, because Asana evaluates
    its limit more often than once a minute. It keeps 2 % below the limit: answers that are slow to be
    accepted can bunch up on their way.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if per_minute < 1:
            raise ValueError("requests per minute must be at least 1")
        burst = max(1, min(10, per_minute // 50))
        self._interval = 60 / max(per_minute * 0.98 - burst, 0.98)
        self._slack = (burst - 1) * self._interval
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._due = float("-inf")
        self._closed_until = float("-inf")

    async def passed(self) -> float:
        """Returns when the next call may be sent; answers the seconds that this took."""
        began = self._monotonic()
        async with self._turn:
            while (wait := max(self._due - self._slack, self._closed_until) - self._monotonic()) > 0:
                await self._sleep(wait)  # then looks again: a pause may have been asked for meanwhile
            now = self._monotonic()
            self._due = max(self._due, now) + self._interval
        return now - began

    def pause(self, seconds: float) -> None:
        """Nobody passes for so long."""
        self._closed_until = max(self._closed_until, self._monotonic() + seconds)


class Limiter:
    """All limits of one token."""

    def __init__(self, limits: Limits) -> None:
        self._pacer = Pacer(limits.requests_per_minute)
        self._reads = asyncio.Semaphore(limits.concurrent_reads)
        self._writes = asyncio.Semaphore(limits.concurrent_writes)

    @asynccontextmanager
    async def turn(self, *, is_write: bool) -> AsyncIterator[float]:
        """Holds a place for one call and waits until it may be sent; gives the seconds waited."""
        # The place first: a call that was let pass must be sent at once, or calls bunch up.
        async with self._writes if is_write else self._reads:
            yield await self._pacer.passed()

    def pause(self, seconds: float) -> None:
        self._pacer.pause(seconds)


_shared: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, Limits], Limiter]]
_shared = weakref.WeakKeyDictionary()


def limiter_of(token_identity: str, limits: Limits) -> Limiter:
    """The one limiter of all clients with this token in the running event loop.

    It outlives them: a client that is opened anew goes on at the pace that the last one kept.
    """
    limiters = _shared.setdefault(asyncio.get_running_loop(), {})
    if (token_identity, limits) not in limiters:
        limiters[token_identity, limits] = Limiter(limits)
    return limiters[token_identity, limits]
