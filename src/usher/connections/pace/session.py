"""The session with the database in which an event loop asks for turns.

It is not Django's: a turn is asked for while a transaction of the caller may be open, and must neither wait for its
end nor be taken back with it. It acts as Usher's own database user, whatever the scope of the request.
"""

import asyncio
from collections.abc import Mapping

import psycopg

from usher.platform.database import have_server_notice_async, session_params
from usher.platform.outages import SessionLost

LONGEST_STATEMENT = 5.0
"""Seconds. A statement takes one or two milliseconds; a database that is silent for so long is away."""

Row = tuple[object, ...]


class PaceSession:
    """Opened with the first statement. One statement at a time, each its own transaction."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[Row] | None = None
        self._turn = asyncio.Lock()

    async def execute(self, statement: str, parameters: Mapping[str, object]) -> Row | None:
        """The first row, if the statement returns any. Raises psycopg.Error; SessionLost after LONGEST_STATEMENT."""
        async with self._turn:
            answer = asyncio.create_task(self._answer_to(statement, parameters))
            try:
                await asyncio.wait({answer}, timeout=LONGEST_STATEMENT)
            finally:
                if not answer.done():
                    # Nobody waits for its end: psycopg would ask a silent server to cancel, for ten seconds more.
                    answer.cancel()
                    self._connection = None
            if answer.cancelled() or not answer.done():
                raise SessionLost("the database does not answer")
            return answer.result()

    async def _answer_to(self, statement: str, parameters: Mapping[str, object]) -> Row | None:
        connection = self._connection
        if connection is None or connection.closed:
            connection = await psycopg.AsyncConnection.connect(**session_params(), autocommit=True)
        try:
            if connection is not self._connection:
                await have_server_notice_async(connection)
                connection.prepare_threshold = 0  # planning takes longer than the statement
                self._connection = connection
            cursor = await connection.execute(statement.encode(), parameters)
            return await cursor.fetchone() if cursor.description else None
        except BaseException:
            await connection.close()
            raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
