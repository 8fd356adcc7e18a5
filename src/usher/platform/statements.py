"""How long the database may work on one statement of a web process. Jobs and commands have no such limit."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.errors import QueryCanceled

T = TypeVar("T")

PAGE_SECONDS = 60
EXPORT_SECONDS = 15 * 60
_limit = "SELECT set_config('statement_timeout', %s, false)"


def limit_statements() -> None:
    """For all connections that this process opens from now on."""
    connection_created.connect(_limit_new_connection)


def _limit_new_connection(connection: BaseDatabaseWrapper, **_: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_limit, [f"{PAGE_SECONDS}s"])


def unhurried(items: Iterable[T]) -> Iterator[T]:
    """What is read for an export: each of its statements may take EXPORT_SECONDS, where there is a limit at all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        before = cursor.fetchone()[0]
        if before != "0":
            cursor.execute(_limit, [f"{EXPORT_SECONDS}s"])
    try:
        yield from items
    finally:
        if before != "0":
            with suppress(DatabaseError), connection.cursor() as cursor:  # the connection may be gone
                cursor.execute(_limit, [before])


def took_too_long(error: BaseException | None) -> bool:
    """Whether the database stopped a statement because of a limit, or because somebody asked it to."""
    while error is not None and not isinstance(error, QueryCanceled):
        error = error.__cause__
    return error is not None
