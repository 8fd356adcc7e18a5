"""A standby of the database that pages and exports read from, as long as it keeps up (decision 0026).

While something is read from it, it takes the place of Django's default connection in this thread. So everything goes
there: queries of models, SQL of our own, row security. Nothing can be written there.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import django.db
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from usher.platform.database import database_settings
from usher.platform.outages import reason_of
from usher.platform.pooler import DIRECT

T = TypeVar("T")

log = logging.getLogger(__name__)

ALIAS = "replica"
CHECK_EVERY_SECONDS = 1.0
AWAY_SECONDS = 10.0
"""For which a replica that did not answer is not asked again."""
CONNECT_SECONDS = 2
WAIT_SECONDS = 5.0
MOST_SAMPLES = 1000

POSITION = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
REPLAYED = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint"


def use_replica() -> None:
    """Has pages and exports of this process read from the replica, if there is one."""
    if settings.DATABASE_REPLICA_URL:
        usual = connections.settings[DEFAULT_DB_ALIAS]
        given = database_settings(settings.DATABASE_REPLICA_URL)
        options = {"connect_timeout": CONNECT_SECONDS, **usual["OPTIONS"], **dict(given["OPTIONS"])}  # type: ignore[call-overload]
        # Statements carry their scope, since the address may lead to a pooler.
        connections.settings[ALIAS] = {**usual, **given, "OPTIONS": options, DIRECT: usual.get(DIRECT, usual)}


def is_used() -> bool:
    return ALIAS in connections.settings


def written_to() -> int:
    """The position in the log of the primary up to which everything is written that this thread has committed."""
    return _position(DEFAULT_DB_ALIAS, POSITION)


def _position(alias: str, query: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    if row is None or row[0] is None:
        raise django.db.NotSupportedError("it is no standby of the database")
    return int(row[0])


class ReplicaProgress:
    """How far the replica is behind: what it has replayed, beside where the primary was at which time."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=MOST_SAMPLES)
        self._one_at_a_time = threading.Lock()
        self._due = 0.0
        self.replayed = -1
        self.lag: float | None = None
        """Seconds, at most; None while it is not known."""
        self.problem = "it has not been asked yet"

    def check(self) -> None:
        """Asks both servers, if that was not done within a second. One thread at a time; others go by what is known."""
        if connections[DEFAULT_DB_ALIAS] is connections[ALIAS]:
            return  # while the replica is read from
        if time.monotonic() < self._due or not self._one_at_a_time.acquire(blocking=False):
            return
        try:
            if time.monotonic() >= self._due:
                self._ask()
        finally:
            self._one_at_a_time.release()

    def _ask(self) -> None:
        self._due = time.monotonic() + CHECK_EVERY_SECONDS
        self._samples.append((time.monotonic(), written_to()))
        try:
            self.replayed = _position(ALIAS, REPLAYED)
        except django.db.Error as error:
            self.failed(error)
            return
        now = time.monotonic()
        self.lag = next(
            (now - at for at, position in reversed(self._samples) if position <= self.replayed), None
        )
        most = settings.USHER_REPLICA_LAG_SECONDS
        self._say("" if self.lag is not None and self.lag <= most else f"it lags more than {most} seconds")

    def failed(self, error: BaseException) -> None:
        """It did not answer, or cannot do what was asked of it. It is left alone for a while."""
        self._due = time.monotonic() + AWAY_SECONDS
        connections[ALIAS].close()
        self._say(reason_of(error))

    def _say(self, problem: str) -> None:
        if bool(problem) != bool(self.problem):
            log.warning(
                "Pages and exports are read from the %s.", f"primary: {problem}" if problem else "replica"
            )
        self.problem = problem


progress = ReplicaProgress()


def may_read(written: int) -> bool:
    """Whether the replica keeps up and has what was written up to this position."""
    if not is_used() or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return False
    progress.check()
    return not progress.problem and progress.replayed >= written


@contextmanager
def reading() -> Iterator[None]:
    """Everything that this thread reads comes from the replica. It cannot write."""
    primary, replica = connections[DEFAULT_DB_ALIAS], connections[ALIAS]
    connections[DEFAULT_DB_ALIAS] = replica
    try:
        yield
    finally:
        if connections[DEFAULT_DB_ALIAS] is replica:  # also where another thread ends what is streamed
            connections[DEFAULT_DB_ALIAS] = primary


def each_read(items: Iterable[T]) -> Iterator[T]:
    """What is streamed after the view, read from the replica until the last part or the end of the answer."""
    with reading():
        yield from items


def problem_of_replica() -> str:
    """Why it is not read from; empty when it is. A process that does not use it waits until it keeps up."""
    until = time.monotonic() + (0 if is_used() else WAIT_SECONDS)
    if not is_used():
        use_replica()
    while True:
        progress.check()
        if not progress.problem or time.monotonic() > until:
            return progress.problem
        time.sleep(CHECK_EVERY_SECONDS / 4)
