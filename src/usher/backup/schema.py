"""Making the tables as they were when a backup was made, by Usher's own migrations."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from usher.backup.catalog import is_ours, tables_of
from usher.backup.manifest import BackupManifest, BackupUnusable

SCRATCH = "usher_restore"
FUNCTIONS = """
    SELECT proname, oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = {schema}::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""
TYPES = """
    SELECT typname, oid::regtype::text FROM pg_type
    WHERE typnamespace = {schema}::regnamespace AND (typtype IN ('e', 'd', 'r')
        OR typtype = 'c' AND EXISTS (SELECT FROM pg_class WHERE oid = typrelid AND relkind = 'c'))
"""
MADE_TABLES = """
    SELECT relname, oid::regclass::text FROM pg_class
    WHERE relnamespace = {schema}::regnamespace AND relkind IN ('r', 'p')
"""
FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conparentid = 0
"""


def check_version(manifest: BackupManifest) -> None:
    """Raises BackupUnusable for a backup of a version that this one does not know."""
    executor = MigrationExecutor(None)
    unknown = [pair for pair in manifest.migrations if pair not in executor.loader.disk_migrations]
    if unknown:
        raise BackupUnusable(
            f"The backup was made by Usher {manifest.usher_version}, which is newer than this one: "
            f"it has {len(unknown)} changes to the tables that this version does not know.",
            "Restore it with that version or a later one.",
        )
    wanted = set(manifest.migrations)
    later = [
        migration
        for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
        if (migration.app_label, migration.name) not in wanted and not migration.atomic
    ]
    if later:
        raise BackupUnusable(
            f"The backup was made by Usher {manifest.usher_version}, and {later[0]} cannot be applied in one go.",
            f"Restore it with version {manifest.usher_version}, then upgrade.",
        )


def foreign_tables() -> list[str]:
    """Tables in the same schema that are not Usher's."""
    connection.ensure_connection()
    return [table.name for table in tables_of(connection.connection) if not is_ours(table.name)]


@contextmanager
def scratch_schema() -> Iterator[None]:
    """A schema beside the one in use, which everything is made in first. What an interrupted restore left is dropped.

    Some migrations need to be committed before the next, so they cannot be part of the last transaction.
    """
    options = connection.settings_dict["OPTIONS"]
    before = options.get("options")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCRATCH}")
    connection.close()
    # As an option of the connection, so that not even one that is opened anew reaches the tables in use. Functions
    # that name the schema in use find nothing there yet.
    options["options"] = f"{before or ''} -c search_path={SCRATCH} -c check_function_bodies=off".strip()
    try:
        yield
    finally:
        connection.close()
        if before is None:
            del options["options"]
        else:
            options["options"] = before


def drop_scratch_schema() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE")


def make_tables(manifest: BackupManifest) -> None:
    """As the migrations of the backup make them."""
    executor = MigrationExecutor(connection)
    wanted = set(manifest.migrations)
    graph = executor.loader.graph
    ends = [
        node
        for node in graph.nodes
        if node in wanted and not any(child.key in wanted for child in graph.node_map[node].children)
    ]
    executor.migrate(ends)


def migrate_to_this_version() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def replace_by_scratch() -> None:
    """Drops Usher's tables, functions and types, and puts the new ones in their place. Inside a transaction."""
    with connection.cursor() as cursor:
        tables = [table.name for table in tables_of(connection.connection) if is_ours(table.name)]
        if tables:
            cursor.execute(f"DROP TABLE {', '.join(map(_quoted, tables))} CASCADE")
        for signature in _own(cursor, FUNCTIONS, "current_schema()"):
            cursor.execute(f"DROP ROUTINE IF EXISTS {signature} CASCADE")
        for name in _own(cursor, TYPES, "current_schema()"):
            cursor.execute(f"DROP TYPE IF EXISTS {name} CASCADE")
        cursor.execute("SELECT quote_ident(current_schema())")
        (target,) = cursor.fetchone()
        for kind, query in (("TYPE", TYPES), ("ROUTINE", FUNCTIONS), ("TABLE", MADE_TABLES)):
            for name in _own(cursor, query, f"'{SCRATCH}'"):
                cursor.execute(f"ALTER {kind} {name} SET SCHEMA {target}")
        cursor.execute(f"DROP SCHEMA {SCRATCH}")  # fails, and changes nothing, if something was left in it


def _own(cursor: CursorWrapper, query: str, schema: str) -> list[str]:
    cursor.execute(query.format(schema=schema))
    return [signature for name, signature in cursor.fetchall() if is_ours(name)]


@contextmanager
def without_triggers_and_foreign_keys() -> Iterator[None]:
    """Rows go in as they are, in any order. Foreign keys are checked as a whole at the end."""
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN_KEYS)
        foreign_keys = cursor.fetchall()
        for table, name, _ in foreign_keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        names = [table.name for table in tables_of(connection.connection) if is_ours(table.name)]
        for name in names:
            cursor.execute(f"ALTER TABLE {_quoted(name)} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {', '.join(map(_quoted, names))}")
        yield
        for table in tables_of(connection.connection):
            if is_ours(table.name):
                cursor.execute(f"ALTER TABLE {_quoted(table.name)} ENABLE TRIGGER USER")
        for owner, name, definition in foreign_keys:
            cursor.execute(f"ALTER TABLE {owner} ADD CONSTRAINT {name} {definition}")


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
