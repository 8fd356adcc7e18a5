"""Puts back the rows that the same preparation made for an earlier test, which takes a tenth of its time."""

from collections.abc import Callable

from django.db import connection as database

from tests.support.emptied_tables import KEPT
from tests.support.noted_heads import forget_noted_heads

# The sequences have gone on since, so that no new row gets the number of one that is put back. The table that is not
# logged is that of paces: other sessions store there, also while rows are put back.
TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = %s::regnamespace AND relname <> ALL (%s)
    ORDER BY relname
"""
WRITABLE_COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""

_remembered: set[str] = set()


def prepared(name: str, prepare: Callable[[], object]) -> None:
    """Calls `prepare` on an empty database, or puts back what it made when this process called it before."""
    if name not in _remembered:
        prepare()
        _remember(name)
        _remembered.add(name)
    else:
        _recall(name)


def _tables(schema: str) -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(TABLES, [schema, KEPT])
        return [table for (table,) in cursor.fetchall()]


def _remember(name: str) -> None:
    schema = f"remembered_{name}"
    with database.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        cursor.execute(f"CREATE SCHEMA {schema}")
        for table in _tables("public"):
            cursor.execute(f'SELECT EXISTS (SELECT FROM public."{table}")')
            if cursor.fetchone() == (True,):
                cursor.execute(f'CREATE TABLE {schema}."{table}" AS TABLE public."{table}"')


def _recall(name: str) -> None:
    forget_noted_heads()
    schema = f"remembered_{name}"
    inserts = ""
    with database.cursor() as cursor:
        for table in _tables(schema):
            cursor.execute(WRITABLE_COLUMNS, [f'public."{table}"'])
            (columns,) = cursor.fetchone()
            inserts += (
                f'INSERT INTO public."{table}" ({columns}) OVERRIDING SYSTEM VALUE '
                f'SELECT {columns} FROM {schema}."{table}"; '
            )
        cursor.execute(f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {inserts} END $$")
