"""What there is in the database, read from its own catalog: a table that is added needs no word here."""

from dataclasses import dataclass

import psycopg
from django.apps import apps

Session = psycopg.Connection[tuple[object, ...]]

TABLES = """
    SELECT class.relname, class.relkind = 'p', coalesce(parent.relname, ''),
        coalesce(pg_get_expr(class.relpartbound, class.oid), ''),
        ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = class.oid AND attnum > 0
              AND NOT attisdropped AND attgenerated = '' ORDER BY attnum),
        class.relpersistence <> 'u'
    FROM pg_class class
    LEFT JOIN pg_inherits ON inhrelid = class.oid
    LEFT JOIN pg_class parent ON parent.oid = inhparent
    WHERE class.relnamespace = current_schema()::regnamespace AND class.relkind IN ('r', 'p')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = class.oid AND deptype = 'e')
    ORDER BY class.relname
"""
SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1"
OWN_PREFIXES = ("django_", "usher_")


@dataclass(frozen=True)
class TableFound:
    name: str
    is_partitioned: bool
    """Then its rows are in its partitions."""
    parent: str
    bound: str
    columns: list[str]
    is_logged: bool
    """Else a crash empties it, nobody misses what it held, and a standby cannot read it."""


def tables_of(session: Session) -> list[TableFound]:
    return [TableFound(*row) for row in session.execute(TABLES).fetchall()]  # type: ignore[arg-type]


def sequences_of(session: Session) -> list[str]:
    return [str(name) for (name,) in session.execute(SEQUENCES).fetchall()]


def is_ours(name: str) -> bool:
    """Whether a table, function or type is Usher's own: its name begins with that of one of its apps."""
    return name.startswith((*OWN_PREFIXES, *(f"{app.label}_" for app in apps.get_app_configs())))
