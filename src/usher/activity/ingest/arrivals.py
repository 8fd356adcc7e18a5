"""Reading stored audit log events on, in the order in which they came, without missing one.

Asana's log is late and its ids are in no order, so neither time nor id tells what is new. Each event gets a number
(`AuditEvent.arrival`) when it is stored. Numbers are given before the commit: a transaction with higher numbers may be
committed, and read, before one with lower numbers. So whoever stores events holds a lock, shared with others, and
`arrived_until` waits until nobody does: all numbers up to the newest are then committed, or never will be.
"""

from django.db import OperationalError, transaction
from django.db import connection as database
from django.db.models import QuerySet
from psycopg.errors import LockNotAvailable

from usher.activity.models import AuditEvent
from usher.platform.locks import Lock, lock_transaction

WAITS_SECONDS = 5
"""For those who store. Others who want to store wait behind for as long."""


def begin_storing() -> None:
    """Called in a transaction before it stores events; its end lets readers pass."""
    lock_transaction(Lock.ARRIVALS.whole, shared=True)


def arrived_until() -> int | None:
    """Every event with this number or a lower one is committed. None if somebody stores for too long: ask later."""
    try:
        with transaction.atomic():
            with database.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{WAITS_SECONDS}s'")
            lock_transaction(Lock.ARRIVALS.whole)
            with database.cursor() as cursor:
                cursor.execute(
                    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM activity_auditevent_arrival"
                )
                return int(cursor.fetchone()[0])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return None
        raise


def arrived_between(after: int, until: int) -> QuerySet[AuditEvent]:
    """Events with `after` < number <= `until`, in that order."""
    return AuditEvent.objects.filter(arrival__gt=after, arrival__lte=until).order_by("arrival")
