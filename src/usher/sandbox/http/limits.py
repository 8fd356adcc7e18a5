"""Asana's limits per token: requests per minute and concurrent requests. Rejected calls count, too."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from usher.sandbox.http.answers import too_many

PAID_PER_MINUTE, FREE_PER_MINUTE, SEARCH_PER_MINUTE = 1_500, 150, 60
MINUTE, EVALUATED_EACH = 60.0, 10.0
"""Seconds. Asana evaluates the quota more often than once a minute; the sandbox does every ten seconds."""
SHARE_PER_EVALUATION = 1 / 4


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """None switches a limit off."""

    per_minute: int | None = PAID_PER_MINUTE
    search_per_minute: int | None = SEARCH_PER_MINUTE
    concurrent_reads: int | None = 50
    concurrent_writes: int | None = 15

    @classmethod
    def none(cls) -> "Limits":
        return cls(per_minute=None, search_per_minute=None, concurrent_reads=None, concurrent_writes=None)

    @classmethod
    def of_plan(cls, *, free: bool, per_minute: int | None = None) -> "Limits":
        """Asana's limits for the plan. `per_minute` overrides the quota; 0 removes it."""
        usual = FREE_PER_MINUTE if free else PAID_PER_MINUTE
        if per_minute == 0:
            return cls(per_minute=None, search_per_minute=None)
        return cls(per_minute=usual if per_minute is None else per_minute)


class _Window:
    """When one token made calls within a span of seconds, including rejected calls."""

    def __init__(self, span: float, allowed: int) -> None:
        self.span = span
        self.allowed = allowed
        self._calls: deque[float] = deque()

    def count(self, now: float) -> float:
        """Counts this call. Returns the seconds until a call is allowed; 0 if this one is."""
        calls = self._calls
        while calls and calls[0] <= now - self.span:
            calls.popleft()
        calls.append(now)
        if len(calls) <= self.allowed:
            return 0.0
        return calls[len(calls) - self.allowed - 1] + self.span - now


class _Token:
    def __init__(self, limits: Limits) -> None:
        self.windows: list[_Window] = []
        if limits.per_minute is not None:
            short = max(1, math.ceil(limits.per_minute * SHARE_PER_EVALUATION))
            self.windows = [_Window(MINUTE, limits.per_minute), _Window(EVALUATED_EACH, short)]
        self.searches = (
            None if limits.search_per_minute is None else _Window(MINUTE, limits.search_per_minute)
        )
        self.reads = 0
        self.writes = 0


class Meter:
    """Admits calls, or rejects them with 429."""

    def __init__(self, limits: Limits, seconds: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._seconds = seconds
        self._tokens: dict[str, _Token] = {}
        self.refused = 0
        self.at_once = 0
        self.most_at_once = 0

    @contextmanager
    def admitted(self, token: str, *, is_write: bool, is_search: bool = False) -> Iterator[None]:
        """Occupies one of the concurrent slots during the call. Raises AsanaError 429."""
        state = self._tokens.get(token)
        if state is None:
            state = self._tokens[token] = _Token(self.limits)
        windows = [*state.windows, state.searches] if is_search and state.searches else state.windows
        now = self._seconds()
        wait = max((window.count(now) for window in windows), default=0.0)
        if wait > 0:
            self.refused += 1
            raise too_many(max(1, math.ceil(wait)))
        limits = self.limits
        here, allowed = (
            (state.writes, limits.concurrent_writes) if is_write else (state.reads, limits.concurrent_reads)
        )
        if allowed is not None and here >= allowed:
            self.refused += 1
            raise too_many(1)
        self._enter(state, is_write, 1)
        try:
            yield
        finally:
            self._enter(state, is_write, -1)

    def _enter(self, state: _Token, is_write: bool, step: int) -> None:
        if is_write:
            state.writes += step
        else:
            state.reads += step
        self.at_once += step
        self.most_at_once = max(self.most_at_once, self.at_once)

    def reset(self) -> None:
        """Forgets past calls. Calls in progress keep their slot."""
        for state in self._tokens.values():
            fresh = _Token(self.limits)
            state.windows, state.searches = fresh.windows, fresh.searches
        self.most_at_once = self.at_once
        self.refused = 0
