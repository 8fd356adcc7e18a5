"""One sync, and one runner of removals, a connection at a time, over all processes: PostgreSQL advisory locks.

The server drops the lock with the database session, so a killed process never keeps it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
from django.db import connection as database
from procrastinate.contrib.django.utils import connector_params

# They tell our locks from those that others take in the same database.
LOCK_SPACE = 0x05E9
REMOVALS = 0x05EA


@asynccontextmanager
async def sync_lock(connection_id: int, *, wait: bool, space: int = LOCK_SPACE) -> AsyncIterator[bool]:
    """Holds the lock; yields False when somebody else does and `wait` is not asked for."""
    session = await psycopg.AsyncConnection.connect(**connector_params(), autocommit=True)
    try:
        while not await _try(session, space, connection_id):
            if not wait:
                yield False
                return
            await asyncio.sleep(0.5)
        try:
            yield True
        finally:
            # The server needs a moment to see that a session was closed; who comes next must not be turned away.
            with suppress(psycopg.Error):
                await session.execute("SELECT pg_advisory_unlock(%s, %s)", [space, connection_id])
    finally:
        await session.close()


async def _try(session: psycopg.AsyncConnection[tuple[object, ...]], space: int, connection_id: int) -> bool:
    cursor = await session.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, connection_id])
    row = await cursor.fetchone()
    return bool(row and row[0])


def is_free(connection_id: int, space: int = LOCK_SPACE) -> bool:
    """Whether nobody holds the lock. Looks without taking it, which could turn away who is about to."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = %s AND objid = %s AND objsubid = 2"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [space, connection_id],
        )
        return bool(cursor.fetchone()[0])
