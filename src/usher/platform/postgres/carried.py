"""Statements through a pool carry the settings that they need, and leave none behind.

The next transaction of the same session may be somebody else's. So the scope and the limit of time are set by the very
message that has the statement, and end with its transaction, which is that message where Django opened none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db.backends.postgresql.base import Cursor, ServerSideCursor
from psycopg import sql
from psycopg.pq import TransactionStatus

from usher.platform.scope import Scope, current_scope
from usher.platform.statements import current_limit

SCOPED_ROLE = "usher_scoped"
"""The role of statements in a limited scope. It owns nothing, so that row security applies to it."""


def values_of(scope: Scope) -> list[str]:
    """Of the settings `role`, `usher.scope` and `usher.viewer`."""
    connections = ",".join(map(str, sorted(scope.connections or ())))
    return [SCOPED_ROLE if scope.is_limited else "none", f"{{{connections}}}", str(scope.viewer or "")]


def carried() -> str:
    """A statement that sets the current scope and limit until the transaction ends. Names and numbers, no text."""
    role, connections, viewer = values_of(current_scope())
    return (
        f"SELECT set_config('role', '{role}', true), set_config('usher.scope', '{connections}', true),"
        f" set_config('usher.viewer', '{viewer}', true), set_config('statement_timeout', '{current_limit()}s', true); "
    )


class CarryingCursor(Cursor):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        if _is_failed(self.connection):
            return super().execute(query, params, **options)
        super().execute(carried() + _as_text(query, self), params, **options)
        self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        with _set_for_block(self.connection):
            super().executemany(query, params_seq, **options)

    @contextmanager
    def copy(self, statement: Any, params: Any = None, **options: Any) -> Iterator[Any]:
        with _set_for_block(self.connection), super().copy(statement, params, **options) as copying:
            yield copying

    def stream(self, *_: object, **__: object) -> Any:
        raise psycopg.NotSupportedError("A statement that is streamed carries no scope: use a chunked cursor.")


class CarryingServerCursor(ServerSideCursor):
    """In a transaction, which the server's cursor does not outlive. Each part is read in the scope of its reader."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        _set(self.connection)
        return super().execute(query, params, **options)

    def fetchone(self) -> Any:
        _set(self.connection)
        return super().fetchone()

    def fetchmany(self, size: int = 0) -> Any:
        _set(self.connection)
        return super().fetchmany(size)

    def fetchall(self) -> Any:
        _set(self.connection)
        return super().fetchall()

    def __iter__(self) -> Any:
        while row := self.fetchone():
            yield row


@contextmanager
def _set_for_block(connection: Any) -> Iterator[None]:
    """In a transaction of its own where none is open."""
    if connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
        with connection.transaction():
            _set(connection)
            yield
    else:
        _set(connection)
        yield


def _set(connection: Any) -> None:
    if not _is_failed(connection):
        psycopg.ClientCursor(connection).execute(carried().encode())


def _is_failed(connection: Any) -> bool:
    """Whether its transaction has failed, so that it takes only a rollback."""
    return bool(connection.info.transaction_status == TransactionStatus.INERROR)


def _as_text(query: Any, cursor: Any) -> str:
    if isinstance(query, sql.Composable):
        return query.as_string(cursor)
    return query.decode() if isinstance(query, bytes) else str(query)
