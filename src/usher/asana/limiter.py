"""Asana's limits per token: requests per minute, concurrent calls, and pauses that Asana asks for.

A client keeps to a `Pace`. The one of this module, `Limiter`, is of one event loop: a program that calls Asana from
several processes gives its clients a pace that the processes share.
"""

import asyncio
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Protocol, Self

import msgspec


class RateLimits(msgspec.Struct, frozen=True):
    """Asana's published limits for one token. A free domain has 150 requests per minute."""

    requests_per_minute: int = 1500
    concurrent_reads: int = 50
    concurrent_writes: int = 15


OnPause = Callable[[float], None]
"""Receives the seconds that a pause still lasts."""


class Pace(Protocol):
    """What holds the calls of a token to Asana's limits. Open while a client is."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def turn(self, *, is_write: bool, on_pause: OnPause) -> AbstractAsyncContextManager[float]:
        """Waits until one call may be sent, which lasts as long as the block. Yields the seconds waited.

        `on_pause` is told before a pause is waited for. What it raises ends the wait.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Asana asked for it: no call of the token is sent for this long."""
        ...


WINDOWS = ((60.4, 0.98), (10.1, 0.196), (1.0, 1 / 30))
"""Windows in seconds, and the share of a minute's limit that each may use.

Asana evaluates its limit more often than once a minute, so there are limits for ten seconds and for one second too.
Calls that are sent apart can arrive together, so the windows are a little longer and the shares a little smaller.
"""


class Pacer:
    """Lets calls pass in the order of their arrival, as many as the windows allow.

    A few calls therefore go as fast as Asana allows, and many at the limit.
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
        # For each window, the times of the calls in it: the oldest decides when the next call may pass.
        self._windows = [
            (seconds, deque[float](maxlen=max(1, int(per_minute * share)))) for seconds, share in WINDOWS
        ]
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._closed_until = float("-inf")

    async def passed(self, on_pause: OnPause = lambda _: None) -> float:
        """Waits until the next call may be sent. Returns the seconds waited."""
        began = self._monotonic()
        async with self._turn:
            while (wait := self._next() - self._monotonic()) > 0:
                if (pause := self._closed_until - self._monotonic()) > 0:
                    on_pause(pause)
                await self._sleep(wait)  # then checks again: there may be a pause by now
            now = self._monotonic()
            for _, sent in self._windows:
                sent.append(now)
        return now - began

    def _next(self) -> float:
        full = [sent[0] + seconds for seconds, sent in self._windows if len(sent) == sent.maxlen]
        return max(self._closed_until, *full, float("-inf"))

    def pause(self, seconds: float) -> None:
        """No call passes for this long."""
        self._closed_until = max(self._closed_until, self._monotonic() + seconds)


class Limiter:
    """All limits of one token, in one event loop."""

    def __init__(self, limits: RateLimits) -> None:
        self._pacer = Pacer(limits.requests_per_minute)
        self._reads = asyncio.Semaphore(limits.concurrent_reads)
        self._writes = asyncio.Semaphore(limits.concurrent_writes)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    @asynccontextmanager
    async def turn(self, *, is_write: bool, on_pause: OnPause = lambda _: None) -> AsyncIterator[float]:
        """Reserves a slot for one call and waits until it may be sent. Yields the seconds waited."""
        # The slot first: a call that has passed must be sent at once, or calls pile up.
        async with self._writes if is_write else self._reads:
            yield await self._pacer.passed(on_pause)

    async def pause(self, seconds: float) -> None:
        self._pacer.pause(seconds)


_shared: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, RateLimits], Limiter]]
_shared = weakref.WeakKeyDictionary()


def limiter_of(token_identity: str, limits: RateLimits) -> Limiter:
    """The one limiter of all clients with this token in the running event loop.

    It outlives them, so that a new client continues at the rate of the last one.
    """
    limiters = _shared.setdefault(asyncio.get_running_loop(), {})
    if (token_identity, limits) not in limiters:
        limiters[token_identity, limits] = Limiter(limits)
    return limiters[token_identity, limits]
