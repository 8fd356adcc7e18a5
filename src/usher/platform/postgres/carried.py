"""Statements through a pool carry the settings that they need, and leave none behind.

The next transaction of the same session may be somebody else's. So the scope and the limit of time are set by the very
message that has the statement, and end with its transaction, which is that message where Django opened none.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, Self, TypeAlias

import psycopg
from psycopg import sql
from psycopg.abc import Params, Query
from psycopg.client_cursor import ClientCursorMixin
from psycopg.copy import Writer
from psycopg.pq import TransactionStatus

from usher.platform.scope import Scope, current_scope
from usher.platform.statements import current_limit

Row: TypeAlias = tuple[Any, ...]
Connection: TypeAlias = psycopg.Connection[Any]

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


class CarryingCursor(psycopg.ClientCursor[Row]):
    def execute(
        self,
        query: Query,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        settings = "" if _is_failed(self.connection) else carried()
        whole = settings + _as_text(query, self)
        super().execute(whole.encode(), params, prepare=prepare, binary=binary)
        if settings:
            self.nextset()  # to what the statement itself gives
        return self

    def executemany(self, query: Query, params_seq: Iterable[Params], *, returning: bool = False) -> None:
        with _set_for_block(self.connection):
            super().executemany(query, params_seq, returning=returning)

    @contextmanager
    def copy(
        self, statement: Query, params: Params | None = None, *, writer: Writer | None = None
    ) -> Iterator[psycopg.Copy]:
        with _set_for_block(self.connection), super().copy(statement, params, writer=writer) as copying:
            yield copying

    def stream(self, *_: object, **__: object) -> NoReturn:
        raise psycopg.NotSupportedError(
            "A statement that is streamed carries no scope: use a chunked cursor."
        )


class CarryingServerCursor(ClientCursorMixin[Connection, Row], psycopg.ServerCursor[Row]):
    """In a transaction, which it does not outlive. Each part is read in the scope of whoever reads it."""

    def execute(
        self,
        query: Query,
        params: Params | None = None,
        *,
        binary: bool | None = None,
        **options: object,
    ) -> Self:
        _set(self.connection)
        return super().execute(query, params, binary=binary, **options)

    def fetchone(self) -> Row | None:
        _set(self.connection)
        return super().fetchone()

    def fetchmany(self, size: int = 0) -> list[Row]:
        _set(self.connection)
        return super().fetchmany(size)

    def fetchall(self) -> list[Row]:
        _set(self.connection)
        return super().fetchall()

    def __iter__(self) -> Iterator[Row]:  # type: ignore[override]
        while row := self.fetchone():
            yield row


@contextmanager
def _set_for_block(connection: Connection) -> Iterator[None]:
    """In a transaction of its own where none is open."""
    if connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
        with connection.transaction():
            _set(connection)
            yield
    else:
        _set(connection)
        yield


def _set(connection: Connection) -> None:
    if not _is_failed(connection):
        psycopg.ClientCursor(connection).execute(carried().encode())


def _is_failed(connection: Connection) -> bool:
    """Whether its transaction has failed, so that it takes only a rollback."""
    return connection.info.transaction_status == TransactionStatus.INERROR


def _as_text(query: Query, cursor: psycopg.Cursor[Row]) -> str:
    if isinstance(query, sql.Composable):
        return query.as_string(cursor)
    return query.decode() if isinstance(query, bytes) else str(query)
