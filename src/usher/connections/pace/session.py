"""The session with the database in which an event loop asks for turns.

It is not Django's: a turn is asked for while a transaction of the caller may be open, and must neither wait for its
end nor be taken back with it. It acts as Usher's own database user, whatever the scope of the request.
"""

import asyncio
import weakref
from collections.abc import Mapping
from typing import Self

import psycopg
from procrastinate.contrib.django.utils import connector_params

from usher.platform.database import have_server_notice_async
from usher.platform.outages import SessionLost

LONGEST_STATEMENT = 5.0
"""Seconds. A statement takes one or two milliseconds; a database that is silent for so long is away."""

Row = tuple[object, ...]


class PaceSession:
    """Opened with the first statement, closed by the last that leaves. One statement at a time, each its transaction."""

    def __init__(self) -> None:
        self._users = 0
        self._connection: psycopg.AsyncConnection[Row] | None = None
        self._turn = asyncio.Lock()

    @classmethod
    def join(cls) -> Self:
        """That of the running event loop. Whoever joins must leave."""
        loop = asyncio.get_running_loop()
        session = _sessions.get(loop)
        if session is None:
            session = _sessions[loop] = cls()
        session._users += 1
        assert isinstance(session, cls)
        return session

    async def leave(self) -> None:
        self._users -= 1
        if self._users == 0:
            _sessions.pop(asyncio.get_running_loop(), None)
            await self._close()

    async def execute(self, statement: str, parameters: Mapping[str, object]) -> Row | None:
        """The first row, if the statement returns any. Raises what `is_outage` recognises when the database is away."""
        async with self._turn:
            try:
                async with asyncio.timeout(LONGEST_STATEMENT):
                    connection = await self._connected()
                    cursor = await connection.execute(statement.encode(), parameters)
                    return await cursor.fetchone() if cursor.description else None
            except TimeoutError as error:
                await self._close()
                raise SessionLost("the database does not answer") from error
            except BaseException:
                await self._close()
                raise

    async def _connected(self) -> psycopg.AsyncConnection[Row]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(**connector_params(), autocommit=True)
            await have_server_notice_async(self._connection)
        return self._connection

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


_sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, PaceSession] = weakref.WeakKeyDictionary()
