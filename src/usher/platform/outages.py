"""An outage of the database: how it is recognised, said in one line, and waited for.

Usher takes an outage like a kill of everything that was at work: work that can be killed at any point can be begun
again after it. See docs/decisions/0022-outlive-the-database.md.
"""

import asyncio
import logging
import os
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import django.db
import psycopg
from asgiref.sync import sync_to_async
from psycopg_pool import PoolClosed, PoolTimeout

from usher.platform.database import session_params

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0
"""Seconds between two questions whether the database is back; each pause is up to a quarter longer or shorter."""
SHARE_OF_OUTAGE = 0.1
"""A pause in an outage is this part of it so far: nobody waits much longer than the outage lasts."""
CALM_SECONDS = 60
"""Work that ran for so long did not fail at once: a later failure is another outage."""
DEFAULT_PATIENCE = 120

OUTAGE_STATES = (
    "08",  # the connection failed
    "57P01",  # shut down by an admin
    "57P02",  # crashed
    "57P03",  # starts up, or recovers
    "57P05",  # closed for idleness
    "53300",  # has no connection left
    "25006",  # read-only: a standby that has taken over, or not yet
)
STARTS_OR_ENDS = (
    "the database system is",
    "too many clients",
    "connection slots",
    "terminating connection",
    "too many connections",
)
"""What a server that is there says when it will take connections later. All else that it refuses stays refused."""


class SessionLost(Exception):
    """A database session is gone that this work relied on, for example for its lock. Counts as an outage."""


def is_outage(error: BaseException) -> bool:
    """Whether the database went away, so that the same work may succeed when it is back."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_outage(each) for each in error.exceptions)
    if isinstance(error, SessionLost | PoolTimeout | PoolClosed):
        return True
    if isinstance(error, psycopg.Error):
        if error.sqlstate is not None:
            return error.sqlstate.startswith(OUTAGE_STATES)
        is_of_connection = isinstance(error, psycopg.InterfaceError) and "connection" in str(error)
        return isinstance(error, psycopg.OperationalError) or is_of_connection
    return error.__cause__ is not None and is_outage(error.__cause__)


def is_refused_for_good(error: BaseException) -> bool:
    """Whether a server answers and will not let Usher in: a wrong password, or a database that does not exist."""
    words = str(error)
    return "FATAL" in words and not any(each in words for each in STARTS_OR_ENDS)


def patience() -> float:
    """Seconds for which a command in the foreground waits for the database: `USHER_DATABASE_PATIENCE`."""
    given = os.environ.get("USHER_DATABASE_PATIENCE", "")
    return float(given) if given.isdigit() else DEFAULT_PATIENCE


class _Announcer:
    """Says in one line that an outage begins, and in another that it is over, however many notice it."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._one_at_a_time = threading.Lock()

    def began(self, error: BaseException, consequence: str) -> None:
        with self._one_at_a_time:
            if self._began is None:
                self._began = time.monotonic()
                log.warning("The database does not answer: %s. %s", reason_of(error), consequence)

    def is_over(self) -> None:
        with self._one_at_a_time:
            if self._began is not None:
                log.warning("The database answers again, after %.0f s.", time.monotonic() - self._began)
                self._began = None

    def on_connected(self, **_: object) -> None:
        """Receives Django's signal `connection_created`."""
        self.is_over()


announcer = _Announcer()


def reason_of(error: BaseException) -> str:
    """The first cause, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = next(each for each in error.exceptions if is_outage(each))
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def pauses() -> Iterator[float]:
    """Seconds before each try of the same work: each twice as long as the one before, up to the longest."""
    pause = FIRST_PAUSE
    while True:
        yield _about(pause)
        pause = min(LONGEST_PAUSE, 2 * pause)


def _about(pause: float) -> float:
    return pause * random.uniform(0.75, 1.25)  # noqa: S311  # so that not all come back in the same moment


def pause_after(seconds: float) -> float:
    """Seconds until the next question, in an outage that has lasted for so long."""
    return _about(min(LONGEST_PAUSE, max(FIRST_PAUSE, SHARE_OF_OUTAGE * seconds)))


async def probe() -> None:
    """Raises what a connection to the database raises, or SessionLost where it takes no changes."""
    async with await psycopg.AsyncConnection.connect(**session_params(), autocommit=True) as connection:
        cursor = await connection.execute("SELECT pg_is_in_recovery()")
        row = await cursor.fetchone()
    if row and row[0]:
        raise SessionLost("it is a standby, and takes no changes yet")


async def outlive(work: Callable[[], Awaitable[T]], *, at_most: float | None = None) -> T:
    """Does work that may be begun again at any point, and again after each outage.

    `at_most`: seconds after which an outage is raised; None to wait for ever.
    """
    tries, since = pauses(), time.monotonic()
    while True:
        began = time.monotonic()
        try:
            return await work()
        except Exception as error:
            if not is_outage(error):
                raise
            ended = time.monotonic()
            if ended - began > CALM_SECONDS:
                tries, since = pauses(), ended
            limit = None if at_most is None else at_most - (ended - since)
            await wait_for_database(error, at_most=limit, tries=tries)


def run_outliving(work: Callable[[], Awaitable[T]], *, at_most: float | None = None) -> T:
    """As `outlive`, from outside of an event loop. The connection of this thread may have broken off meanwhile."""
    try:
        return asyncio.run(outlive(work, at_most=at_most))
    finally:
        for connection in django.db.connections.all(initialized_only=True):
            if not connection.in_atomic_block and not connection.is_usable():
                connection.close()


def outlive_here(work: Callable[[], T], *, at_most: float | None = None) -> T:
    """As `outlive`, for work outside of an event loop, with the connection of this thread."""
    began = time.monotonic()
    while True:
        try:
            return work()
        except Exception as error:
            if not is_outage(error):
                raise
            limit = None if at_most is None else at_most - (time.monotonic() - began)
            asyncio.run(wait_for_database(error, at_most=limit))
            django.db.connections.close_all()


async def wait_for_database(
    error: BaseException, *, at_most: float | None = None, tries: Iterator[float] | None = None
) -> None:
    """Pauses, and returns when the database answers. Raises `error`, or the newest, after `at_most` seconds or as soon
    as a server refuses Usher for good.
    """
    tries, began = tries or pauses(), time.monotonic()
    if is_refused_for_good(error):
        raise error
    if at_most is None:
        announcer.began(error, "Waiting for it.")
    elif at_most > 0:
        announcer.began(error, f"Waiting for it, up to {at_most:.0f} s.")
    pause = next(tries)
    while at_most is None or time.monotonic() - began < at_most:
        await asyncio.sleep(pause)
        try:
            await probe()
        except (psycopg.Error, SessionLost) as still:
            if is_refused_for_good(still):
                raise
            error, pause = still, pause_after(time.monotonic() - began)
        else:
            # Django would keep a connection that has broken off until the next request or job.
            await sync_to_async(django.db.connections.close_all)()
            announcer.is_over()
            return
    raise error


class WithoutOutages(logging.Filter):
    """Leaves records of an outage out of a log: hundreds of lines each, where the announcer says it in one."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return error is None or not is_outage(error)
