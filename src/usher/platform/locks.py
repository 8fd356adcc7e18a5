"""Every advisory lock of Usher: what only one process, or one transaction, does at a time.

PostgreSQL holds them, so they work between processes and machines, and a killed process never keeps one.
Processes of two versions must exclude each other, so the numbers never change.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum

import psycopg
from django.db import connection as database

from usher.platform.database import have_server_notice_async, session_params
from usher.platform.outages import SessionLost
from usher.platform.pooler import SessionNeeded, is_pooled

POLL_SECONDS = 0.5
UNLOCK_SECONDS = 5


@dataclass(frozen=True)
class Key:
    """One lock to take."""

    number: int
    subject: int | str | None
    """The row that it is for, or a text whose hash is taken; None for a lock of the whole database."""

    @property
    def placeholders(self) -> str:
        if self.subject is None:
            return "%s"
        return "%s, hashtext(%s)" if isinstance(self.subject, str) else "%s, %s"

    @property
    def parameters(self) -> list[int | str]:
        return [self.number] if self.subject is None else [self.number, self.subject]


class Lock(Enum):
    """The numbers tell Usher's locks from each other and from those of other programs in the same database."""

    # One for each connection
    SYNC = 0x05E9
    REMOVALS = 0x05EA
    FIGURES = 0x05EB
    # One for each directory source, and 0 for matching (`MATCHING`)
    DIRECTORY = 0x0D1E
    # One for each employee that is added over SCIM
    SCIM_ADDING = 0x5C13
    # One for each person at an identity provider
    SSO_ADMISSION = 0x5501
    # One for each destination of an event stream
    EVENT_STREAM = 0x05E5
    # One for each session that holds another lock
    SESSION = 0x05EC
    # One for the whole database
    MIGRATIONS = 0x05E90001
    PARTITIONS = 0x05E90002
    REMARKS = 0x05E90003
    EVENT_RECORDS = 0x05E90004
    ARRIVALS = 0x05E90010
    FIRST_ACCOUNT = 0x7573686572

    def of(self, subject: int | str) -> Key:
        return Key(self.value, subject)

    @property
    def whole(self) -> Key:
        """The lock of the whole database."""
        return Key(self.value, None)


MATCHING = Lock.DIRECTORY.of(0)
"""Alone for what changes many people or employees in several statements, shared for what changes single ones.

Each such statement locks what is kept about its people (decision 0028), so two of the first kind would wait for each
other.
"""


def lock_transaction(*keys: Key, shared: bool = False) -> None:
    """Takes the locks in this order, and waits for each. The end of the transaction releases them.

    Holders of a shared lock wait only for an exclusive holder, not for each other.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    calls = ", ".join(f"{function}({key.placeholders})" for key in keys)
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [each for key in keys for each in key.parameters])


@contextmanager
def lock_session(key: Key) -> Iterator[None]:
    """Waits for the lock and holds it during the block, over any number of transactions.

    Raises SessionNeeded where Django's connection goes through a pool.
    """
    if is_pooled(database):
        raise SessionNeeded(
            "A lock of several transactions is not taken through a pool.", "Run it in a worker."
        )
    with database.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({key.placeholders})", key.parameters)
        try:
            yield
        finally:
            cursor.execute(f"SELECT pg_advisory_unlock({key.placeholders})", key.parameters)


_sessions: ContextVar[tuple[Key, ...]] = ContextVar("sessions that hold locks", default=())
"""Of the current task: a lock of its own for each session, which tells it from a later session with the same lock."""


@asynccontextmanager
async def lock_async(
    key: Key, *, wait: bool, on_wait: Callable[[], None] | None = None
) -> AsyncIterator[bool]:
    """Holds the lock in a database session of its own. Yields False when another holds it and `wait` is False.

    `on_wait` is called once, before it waits for another.

    The session may break off meanwhile, and the lock goes with it: see `check_locks`.
    """
    session = await psycopg.AsyncConnection.connect(**session_params(), autocommit=True)
    try:
        await have_server_notice_async(session)
        while not await _try(session, key):
            if not wait:
                yield False
                return
            if on_wait:
                on_wait()
                on_wait = None
            await asyncio.sleep(POLL_SECONDS)
        before, own = _sessions.get(), Lock.SESSION.of(secrets.randbelow(2**31))
        await _try(session, own)
        _sessions.set((*before, own))
        try:
            yield True
        finally:
            _sessions.set(before)
            # The server takes a moment to notice a closed session; the next in line must not be turned away.
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(UNLOCK_SECONDS):
                    await _call(session, "pg_advisory_unlock", key)
    finally:
        await session.close()


def check_locks() -> None:
    """Whoever has lost a lock must change nothing more, since another process may hold it now. Raises LockLost.

    Checks the locks that the current task holds by `lock_async`. Called before each change that they protect.
    """
    if any(is_free(session) for session in _sessions.get()):
        raise LockLost


class LockLost(SessionLost):
    """The session that held a lock of this work has ended."""

    def __init__(self) -> None:
        super().__init__("the session that holds a lock has ended")


async def _try(session: psycopg.AsyncConnection[tuple[object, ...]], key: Key) -> bool:
    return bool(await _call(session, "pg_try_advisory_lock", key))


async def _call(session: psycopg.AsyncConnection[tuple[object, ...]], function: str, key: Key) -> object:
    cursor = await session.execute(f"SELECT {function}({key.placeholders})".encode(), key.parameters)
    row = await cursor.fetchone()
    return row and row[0]


def is_free(key: Key) -> bool:
    """Whether nobody holds the lock of this subject. Taking it to find out could turn away another."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = %s AND objid = %s AND objsubid = 2"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            key.parameters,
        )
        return bool(cursor.fetchone()[0])
