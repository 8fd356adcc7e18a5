"""Counting attempts in the database, for all processes together."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from usher.access.models import AttemptCount
from usher.platform.scope import whole_installation

COUNT = """
INSERT INTO access_attemptcount AS counted (key, "limit", user_id, address, count, since)
VALUES (%(key)s, %(limit)s, %(user)s, %(address)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN counted.since <= %(now)s - %(window)s THEN 1 ELSE counted.count + 1 END,
    since = CASE WHEN counted.since <= %(now)s - %(window)s THEN %(now)s ELSE least(counted.since, %(now)s) END
RETURNING count, since
"""
"""A window that began in the future was begun by a clock that ran ahead. It begins now, so that nobody waits for it."""


@dataclass(frozen=True)
class Limit:
    """So many attempts may begin within a window; the next one waits until the window is over."""

    name: str
    attempts: int
    window: timedelta


@dataclass(frozen=True)
class Counter:
    """Whom or what a limit is applied to. `user_id` and `address` are for people who read the counts."""

    limit: Limit
    subject: tuple[str | int, ...]
    user_id: int | None = None
    address: str | None = None

    @property
    def key(self) -> str:
        text = "\x00".join([self.limit.name, *map(str, self.subject)])
        return hashlib.sha256(text.encode()).hexdigest()


@whole_installation()
def count_attempt(counter: Counter, now: datetime | None = None) -> timedelta | None:
    """Counts one attempt, in one statement: attempts at the same moment cannot slip through together.

    Returns None when it may go on, else how long to wait. Refused attempts don't make the wait longer.
    """
    now = now or timezone.now()
    values: dict[str, str | int | datetime | timedelta | None] = {
        "key": counter.key,
        "limit": counter.limit.name,
        "user": counter.user_id,
        "address": counter.address,
        "window": counter.limit.window,
        "now": now,
    }
    with database.cursor() as cursor:
        cursor.execute(COUNT, values)  # type: ignore[arg-type]  # psycopg takes a timedelta too
        count: int
        since: datetime
        count, since = cursor.fetchone()
    if count <= counter.limit.attempts:
        return None
    return max(since + counter.limit.window - now, timedelta(seconds=1))


@whole_installation()
def give_back(counters: list[Counter]) -> None:
    """For an attempt that succeeded: it was no guess."""
    AttemptCount.objects.filter(key__in=[counter.key for counter in counters], count__gt=0).update(
        count=F("count") - 1
    )


@whole_installation()
def forget(counter: Counter) -> None:
    """Starts the count anew."""
    AttemptCount.objects.filter(key=counter.key).delete()


def network_of(address: str) -> str:
    """Whoever has one IPv6 address has the whole /64, so its addresses count as one."""
    if address and isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/64", strict=False).network_address)
    return address
