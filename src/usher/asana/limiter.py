"""Asana's limits per token: requests per minute, calls at once, and pauses that it asks for."""

import asyncio
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec


class RateLimits(msgspec.Struct, frozen=True):
    """Asana's published limits for one token. A free domain has 150 requests per minute."""

    requests_per_minute: int = 1500
    concurrent_reads: int = 50
    concurrent_writes: int = 15


WINDOWS = ((60.4, 0.98), (10.1, 0.196), (1.0, 1 / 30))
"""In any so many seconds at most this share of a minute's limit.

Asana evaluates its limit more often than once a minute, so that ten seconds and one have bounds too. Calls that are
sent apart can arrive together: hence a little longer than a minute, and a little less than the limit.
"""


class Pacer:
    """Lets calls pass in the order in which they came, as many as the windows have room for.

    A short piece of work so goes as fast as Asana allows, and a long one at the limit.
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
        # Of each window the moments of the calls that fill it: the oldest decides when the next may pass.
        self._windows = [
            (seconds, deque[float](maxlen=max(1, int(per_minute * share)))) for seconds, share in WINDOWS
        ]
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._closed_until = float("-inf")

    async def passed(self) -> float:
        """Returns when the next call may be sent; answers the seconds that this took."""
        began = self._monotonic()
        async with self._turn:
            while (wait := self._next() - self._monotonic()) > 0:
                await self._sleep(wait)  # then looks again: a pause may have been asked for meanwhile
            now = self._monotonic()
            for _, sent in self._windows:
                sent.append(now)
        return now - began

    def _next(self) -> float:
        full = [sent[0] + seconds for seconds, sent in self._windows if len(sent) == sent.maxlen]
        return max(self._closed_until, *full, float("-inf"))

    def pause(self, seconds: float) -> None:
        """Nobody passes for so long."""
        self._closed_until = max(self._closed_until, self._monotonic() + seconds)


class Limiter:
    """All limits of one token."""

    def __init__(self, limits: RateLimits) -> None:
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


_shared: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, RateLimits], Limiter]]
_shared = weakref.WeakKeyDictionary()


def limiter_of(token_identity: str, limits: RateLimits) -> Limiter:
    """The one limiter of all clients with this token in the running event loop.

    It outlives them: a client that is opened anew goes on at the pace that the last one kept.
    """
    limiters = _shared.setdefault(asyncio.get_running_loop(), {})
    if (token_identity, limits) not in limiters:
        limiters[token_identity, limits] = Limiter(limits)
    return limiters[token_identity, limits]
