"""The pace of a token as a client of Asana sees it."""

import asyncio
import weakref
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from usher.asana.limiter import OnPause
from usher.connections.pace.budget import Budget
from usher.connections.pace.session import PaceSession
from usher.connections.pace.turns import Turns


class _Desk:
    """What the clients of one event loop share: the session, and a queue for each budget."""

    def __init__(self) -> None:
        self.clients = 0
        self._session = PaceSession()
        self._turns: dict[Budget, Turns] = {}

    def turns_of(self, budget: Budget) -> Turns:
        if budget not in self._turns:
            self._turns[budget] = Turns(budget, self._session)
        return self._turns[budget]

    async def close(self) -> None:
        for turns in self._turns.values():
            await turns.close()
        await self._session.close()


_desks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk] = weakref.WeakKeyDictionary()


class SharedPace:
    """A `Pace` of `usher.asana` that all processes with this database keep to together."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._turns: Turns | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        if loop not in _desks:
            _desks[loop] = _Desk()
        desk = _desks[loop]
        desk.clients += 1
        self._turns = desk.turns_of(self._budget)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = asyncio.get_running_loop()
        desk = _desks[loop]
        desk.clients -= 1
        if desk.clients == 0:
            del _desks[loop]
            await desk.close()

    def turn(self, *, is_write: bool, on_pause: OnPause) -> AbstractAsyncContextManager[float]:
        assert self._turns is not None
        return self._turns.turn(is_write=is_write, on_pause=on_pause)

    async def pause(self, seconds: float) -> None:
        assert self._turns is not None
        await self._turns.pause(seconds)
