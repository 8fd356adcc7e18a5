"""One sync of a connection at a time, over all processes: a PostgreSQL advisory lock.

The server drops the lock with the database session, so a killed process never keeps it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
from django.db import connection as database
from procrastinate.contrib.django.utils import connector_params

LOCK_SPACE = 0x05E9  # tells our locks from those that others take in the same database


@asynccontextmanager
async def sync_lock(connection_id: int, *, wait: bool) -> AsyncIterator[bool]:
    """Holds the lock; yields False when somebody else does and `wait` is not asked for."""
    session = await psycopg.AsyncConnection.connect(**connector_params(), autocommit=True)
    try:
        while not await _try(session, connection_id):
            if not wait:
                yield False
                return
            await asyncio.sleep(0.5)
        yield True
    finally:
        await session.close()


async def _try(session: psycopg.AsyncConnection[tuple[object, ...]], connection_id: int) -> bool:
    cursor = await session.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, connection_id])
    row = await cursor.fetchone()
    return bool(row and row[0])


@contextmanager
def is_free(connection_id: int) -> Iterator[bool]:
    """Whether nobody holds the lock; when so, nobody gets it before the block ends."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, connection_id])
        free = bool(cursor.fetchone()[0])
        try:
            yield free
        finally:
            if free:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, connection_id])
