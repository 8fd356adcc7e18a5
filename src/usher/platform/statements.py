"""How long the database may work on one statement of a web process. Jobs and commands have no such limit."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.errors import QueryCanceled

from usher.platform.pooler import is_pooled

T = TypeVar("T")

PAGE_SECONDS = 60
EXPORT_SECONDS = 15 * 60
_limit = "SELECT set_config('statement_timeout', %s, false)"
_limit_of_transaction = "SELECT set_config('statement_timeout', %s, true)"
_carried: ContextVar[int] = ContextVar("seconds", default=PAGE_SECONDS)


def limit_statements() -> None:
    """For all connections that this process opens from now on."""
    connection_created.connect(_limit_new_connection)


def _limit_new_connection(connection: BaseDatabaseWrapper, **_: object) -> None:
    if not is_pooled(connection):
        with connection.cursor() as cursor:
            cursor.execute(_limit, [f"{PAGE_SECONDS}s"])


def current_limit() -> int:
    """Seconds, for statements that go through a pool and carry their limit."""
    return _carried.get()


@contextmanager
def limited_to(seconds: int) -> Iterator[None]:
    """A transaction of which each statement may take so long."""
    token = _carried.set(seconds)
    try:
        with transaction.atomic():
            if not is_pooled(connection):
                with connection.cursor() as cursor:
                    cursor.execute(_limit_of_transaction, [f"{seconds}s"])
            yield
    finally:
        _carried.reset(token)


def unhurried(items: Iterable[T]) -> Iterator[T]:
    """What is read for an export: each of its statements may take EXPORT_SECONDS, where there is a limit at all.

    In one transaction: of a cursor that outlives its transaction, PostgreSQL finds all rows before it gives the first.
    Through a pool, the transaction also keeps the session in which the cursor is.
    """
    iterator = iter(items)
    with transaction.atomic():
        if not is_pooled(connection):
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('statement_timeout')")
                if cursor.fetchone()[0] != "0":
                    cursor.execute(_limit_of_transaction, [f"{EXPORT_SECONDS}s"])
        while True:
            token = _carried.set(EXPORT_SECONDS)
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                _carried.reset(token)
            yield item


def took_too_long(error: BaseException | None) -> bool:
    """Whether the database stopped a statement because of a limit, or because somebody asked it to."""
    while error is not None and not isinstance(error, QueryCanceled):
        error = error.__cause__
    return error is not None
