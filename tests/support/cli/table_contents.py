"""Everything that a database holds, to compare it with another."""

import psycopg
from psycopg import sql

TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
CATALOG = """
    SELECT 'column', table_name, column_name, data_type, is_nullable, coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text, ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text, ''
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'policy', tablename, policyname, qual, cmd, '' FROM pg_policies
    UNION ALL SELECT 'function', proname, pg_get_functiondef(oid), '', '', ''
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'privilege', relname, coalesce(grantee::regrole::text, ''), privilege_type, '', ''
    FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'partition', relname, pg_get_expr(relpartbound, oid), '', '', ''
    FROM pg_class WHERE relispartition AND relkind = 'r'
"""


def rows_of_tables(url: str) -> dict[str, list[bytes]]:
    """The rows of each table, as PostgreSQL copies them, in one order."""
    with psycopg.connect(url) as database:
        names = [str(name) for (name,) in database.execute(TABLES).fetchall()]
        return {name: sorted(_copied(database, name)) for name in names}


def _copied(database: "psycopg.Connection[tuple[object, ...]]", name: str) -> list[bytes]:
    with (
        database.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as rows,
    ):
        return [bytes(row) for row in rows]


def sequences(url: str) -> dict[str, int | None]:
    with psycopg.connect(url) as database:
        found = database.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall()
        return {str(name): value for name, value in found}


def structure(url: str) -> set[tuple[str, ...]]:
    """Columns, indexes, constraints, triggers, policies, functions and partitions."""
    with psycopg.connect(url) as database:
        return {tuple(map(str, row)) for row in database.execute(CATALOG).fetchall()}
