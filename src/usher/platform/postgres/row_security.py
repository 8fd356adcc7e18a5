"""Row security: which rows a person with a limited scope sees. A migration says it for each table."""

from django.db import DatabaseError, transaction
from django.db import connection as database
from django.db.migrations import RunSQL
from psycopg.errors import InsufficientPrivilege

from usher.platform.scope import Scope, seen_with

# `usher_sees_all()` is for a role that is neither the owner of the tables nor the scoped one (docs/ledger.md).
FUNCTIONS = """
CREATE FUNCTION usher_scope() RETURNS bigint[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(nullif(current_setting('usher.scope', true), ''), '{}')::bigint[] $$;
CREATE FUNCTION usher_viewer() RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('usher.viewer', true), '')::bigint $$;
CREATE FUNCTION usher_sees_all() RETURNS boolean LANGUAGE sql STABLE AS
    $$ SELECT current_user <> 'usher_scoped' $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION usher_scope; DROP FUNCTION usher_viewer; DROP FUNCTION usher_sees_all;"

SCOPE = "((SELECT usher_scope())::bigint[])"
"""The keys of the connections that are seen. As a subquery, it is computed once for each statement."""
VIEWER = "(SELECT usher_viewer())"
NOBODY = "false"
"""For rows of the whole installation, which nobody with a limited scope sees."""

PRIVILEGES = """
DO $$
DECLARE
    name text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'usher_scoped') THEN
        BEGIN
            CREATE ROLE usher_scoped NOLOGIN;
            EXECUTE format('GRANT usher_scoped TO %I', current_user);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this server makes it too
        END;
    END IF;
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO usher_scoped', current_database());  -- lists are compared there
    GRANT USAGE ON SCHEMA public TO usher_scoped;
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO usher_scoped;
    -- Not partitions: row security is that of the table that they belong to.
    FOR name IN
        SELECT oid::regclass FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
            AND relname NOT IN ('ledger_entry', 'ledger_head', 'django_migrations')
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO usher_scoped', name);
    END LOOP;
    GRANT SELECT ON ledger_entry, ledger_head TO usher_scoped;
END
$$
"""


class LimitRows(RunSQL):
    """A migration's operation: somebody with a limited scope sees and changes only rows that meet `condition`."""

    def __init__(self, table: str, condition: str) -> None:
        self.limited = (table, condition)
        super().__init__(
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
            f" CREATE POLICY scope ON {table} USING ((SELECT usher_sees_all()) OR {condition});",
            f"DROP POLICY scope ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, object]]:
        return (self.__class__.__qualname__, list(self.limited), {})


def by_connection(column: str = "connection_id") -> str:
    return f"{column} = ANY {SCOPE}"


def by_row_of(table: str, column: str) -> str:
    """Seen where the row of `table` that `column` refers to is seen: the policy of that table decides."""
    return f"EXISTS (SELECT FROM {table} seen WHERE seen.id = {column})"


def grant_to_scoped_role(**_: object) -> None:
    """After each migration: makes the role, and lets it use the tables. Policies say which rows.

    A database user who may not make roles gets none: Usher works, and refuses to limit anybody (`scoped_role_problem`).
    """
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(PRIVILEGES)
    except DatabaseError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise


def scoped_role_problem() -> str:
    """Why nobody can be limited to connections, in the database's words; empty when it works."""
    try:
        with transaction.atomic(), seen_with(Scope.of([])), database.cursor() as cursor:
            cursor.execute("SELECT FROM access_user LIMIT 0")
    except DatabaseError as error:
        return str(error).strip()
    return ""
