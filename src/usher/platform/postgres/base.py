"""Every cursor of Django acts in the current scope: as the role `usher_scoped`, to which row security applies."""

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from usher.platform.postgres.row_security import SCOPED_ROLE
from usher.platform.scope import EVERYTHING, Scope, current_scope

APPLY = (
    "SELECT set_config('role', %s, false), set_config('usher.scope', %s, false),"
    " set_config('usher.viewer', %s, false)"
)


class DatabaseWrapper(base.DatabaseWrapper):
    _applied: Scope | None = EVERYTHING
    """The scope of the session; None where it is not known."""
    _was_limited = False

    def init_connection_state(self) -> None:
        self._applied, self._was_limited = EVERYTHING, False
        super().init_connection_state()

    def create_cursor(self, name: str | None = None) -> object:
        self._apply_scope()
        return super().create_cursor(name)

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
        connections = ",".join(map(str, sorted(scope.connections or ())))
        values = [SCOPED_ROLE if scope.is_limited else "none", f"{{{connections}}}", str(scope.viewer or "")]
        self._was_limited = self._was_limited or scope.is_limited
        self._applied = None  # should the statement fail
        with self.connection.cursor() as cursor:
            cursor.execute(APPLY, values)
        self._applied = scope
