"""Every cursor of Django acts in the current scope: as the role `usher_scoped`, to which row security applies.

A session of our own keeps the scope until it changes. Through a pool, each statement carries it (`carried`).
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import register_tzloader
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus

from usher.platform.pooler import check_session, is_pooled
from usher.platform.postgres.carried import CarryingCursor, CarryingServerCursor, values_of
from usher.platform.scope import EVERYTHING, Scope, current_scope

APPLY = (
    "SELECT set_config('role', %s, false), set_config('usher.scope', %s, false),"
    " set_config('usher.viewer', %s, false)"
)


class DatabaseWrapper(base.DatabaseWrapper):
    _applied: Scope | None = EVERYTHING
    """The scope of the session; None where it is not known."""
    _was_limited = False

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        return params | {"cursor_factory": CarryingCursor} if is_pooled(self) else params

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        connection.autocommit = True  # Django decides of it later
        if not is_pooled(self):
            try:
                check_session(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def init_connection_state(self) -> None:
        self._applied, self._was_limited = EVERYTHING, False
        super().init_connection_state()

    def create_cursor(self, name: str | None = None) -> object:
        if not is_pooled(self):
            self._apply_scope()
        elif name:
            cursor = CarryingServerCursor(self.connection, name=name, scrollable=False, withhold=False)
            register_tzloader(self.timezone, cursor)
            return cursor
        return super().create_cursor(name)

    def chunked_cursor(self) -> CursorWrapper:
        """Through a pool, the server keeps a cursor only until the transaction ends: see `unhurried`."""
        return self.cursor() if is_pooled(self) and self.get_autocommit() else super().chunked_cursor()

    def _rollback(self) -> None:
        self._forget_scope()
        super()._rollback()  # type: ignore[misc]  # django-stubs does not know it

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # nor this
        self._forget_scope()

    def _forget_scope(self) -> None:
        """PostgreSQL takes a setting back together with the transaction in which it was made."""
        if self._was_limited:
            self._applied = None

    def _apply_scope(self) -> None:
        scope = current_scope()
        if scope == self._applied or self.connection.info.transaction_status == TransactionStatus.INERROR:
            return  # nothing can be read in a transaction that failed
        self._was_limited = self._was_limited or scope.is_limited
        self._applied = None  # should the statement fail
        with self.connection.cursor() as cursor:
            cursor.execute(APPLY, values_of(scope))
        self._applied = scope
