"""Restoring a backup: all of it in one transaction, or nothing."""

import re
import time
import zipfile
from contextlib import suppress
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from usher.backup.archive import Progress, check, opened, rows_of
from usher.backup.catalog import is_ours, tables_of
from usher.backup.dump import AS_TEXT
from usher.backup.manifest import BackupManifest, BackupUnusable, TableCopy
from usher.backup.schema import (
    check_version,
    drop_scratch_schema,
    foreign_tables,
    make_tables,
    migrate_to_this_version,
    replace_by_scratch,
    scratch_schema,
    without_triggers_and_foreign_keys,
)
from usher.backup.users_of_database import others_at_work
from usher.ledger.actors import Actor
from usher.ledger.continuity import as_missing, find_gap
from usher.ledger.models import Entry, MissingHead
from usher.platform.locks import Lock, lock_transaction
from usher.refusals import Refused
from usher.removal.guardrails.restored import stop_after_our_restore

MISSING_KEPT = 5_000
SESSIONS_END_WITHIN_SECONDS = 5
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LITERAL = r"(?:'[^'\\]*'|-?\d+|MINVALUE|MAXVALUE|NULL)"
_LITERALS = rf"\({_LITERAL}(?:, {_LITERAL})*\)"
BOUND = re.compile(
    rf"DEFAULT|FOR VALUES (?:FROM {_LITERALS} TO {_LITERALS}|IN {_LITERALS}|WITH \(modulus \d+, remainder \d+\))"
)


class CannotRestore(Refused):
    """The database is not in a state in which it may be replaced."""


def check_file(path: Path, progress: Progress) -> BackupManifest:
    """Reads everything, and changes nothing. Raises BackupUnusable."""
    with opened(path) as (archive, manifest):
        for table in manifest.tables:
            if not NAME.fullmatch(table.name) or (table.parent and not BOUND.fullmatch(table.bound)):
                raise BackupUnusable(f"{path} is not a backup of Usher: it names a table “{table.name}”.")
        check_version(manifest)
        check(archive, manifest, progress)
    return manifest


def check_database(*, replace: bool) -> None:
    """Raises CannotRestore."""
    if foreign := foreign_tables():
        raise CannotRestore(
            f"The database has tables that are not Usher's: {', '.join(foreign[:5])}.",
            "Use a database for Usher alone.",
        )
    if others := _others_that_stay():
        raise CannotRestore(
            f"Usher is running on this database: {'; '.join(others)}.", "Stop all its processes first."
        )
    if not replace and not is_unused():
        raise CannotRestore(
            "The database is not empty.", "Back it up, then say --replace: everything in it will be replaced."
        )


def _others_that_stay() -> list[str]:
    """A process that has just ended, or was killed, leaves its session behind for a moment."""
    give_up = time.monotonic() + SESSIONS_END_WITHIN_SECONDS
    while (others := others_at_work()) and time.monotonic() < give_up:
        time.sleep(0.2)
    return others


def is_unused() -> bool:
    """Whether nobody has done anything in it: there are no tables, or no user and no entry of the ledger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('access_user') IS NULL OR to_regclass('ledger_entry') IS NULL")
        if cursor.fetchone() == (True,):
            return True
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM access_user) AND NOT EXISTS (SELECT FROM ledger_entry)"
        )
        return bool(cursor.fetchone()[0])


def restore(path: Path, actor: Actor, progress: Progress, *, replace: bool) -> BackupManifest:
    """Replaces everything in the database by the backup, brings it up to this version, and stops all removals.

    Everything is made in a schema of its own first, then put in place in one short transaction. Whatever is raised or
    killed before the end leaves the database as it was. Raises BackupUnusable and CannotRestore.
    """
    with opened(path) as (archive, manifest):
        check_version(manifest)
        check_database(replace=replace)
        try:
            with scratch_schema():
                _make(archive, manifest, progress)
            _put_in_place(manifest, actor, replace=replace)
        except BaseException:
            with suppress(DatabaseError):
                drop_scratch_schema()
            raise
    return manifest


def _make(archive: zipfile.ZipFile, manifest: BackupManifest, progress: Progress) -> None:
    make_tables(manifest)
    with transaction.atomic():
        _configure_session()
        with without_triggers_and_foreign_keys():
            _make_partitions(manifest)
            _load(archive, manifest, progress)
        _set_sequences(manifest)
    migrate_to_this_version()


def _put_in_place(manifest: BackupManifest, actor: Actor, *, replace: bool) -> None:
    with transaction.atomic():
        lock_transaction(Lock.MIGRATIONS.whole)
        _configure_session()
        check_database(replace=replace)  # again: what was made so far took its time
        lost = _about_to_be_lost(manifest)
        replace_by_scratch()
        call_command("migrate", verbosity=0, interactive=False)  # what Django does after migrating
        _mark(lost, actor)


def _configure_session() -> None:
    with connection.cursor() as cursor:
        for name, value in AS_TEXT.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        # Constraints that are checked late would forbid changes to their tables until the end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _about_to_be_lost(manifest: BackupManifest) -> MissingHead:
    """What the database knows that the backup does not."""
    number, _, digest = manifest.ledger_head.partition(":")
    head = MissingHead(backup_at=manifest.made_at, database_head=manifest.ledger_head)
    if number:
        head.kept_number, head.kept_at = int(number), manifest.made_at
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('ledger_entry') IS NOT NULL")
        if cursor.fetchone() != (True,):
            return head
    entries = Entry.objects.only("number", "at", "action", "subject", "actor_name", "hash")
    is_same_ledger = not number or entries.filter(number=int(number), hash=digest).exists()
    newest = entries.order_by("-number").first()
    if is_same_ledger and newest is not None and newest.number > int(number or 0):
        head.number, head.hash, head.noted_at = newest.number, newest.hash, newest.at
        later = entries.filter(number__gt=int(number or 0)).order_by("-number")[:MISSING_KEPT]
        head.missing = [as_missing(entry) for entry in reversed(later)]
    return head


def _make_partitions(manifest: BackupManifest) -> None:
    there = {table.name for table in tables_of(connection.connection)}
    with connection.cursor() as cursor:
        for table in manifest.tables:
            if table.parent and table.name not in there:
                names = map(sql.Identifier, (table.name, table.parent))
                made = sql.SQL("CREATE TABLE {} PARTITION OF {} ").format(*names).as_string()
                cursor.execute(made + table.bound)


def _load(archive: zipfile.ZipFile, manifest: BackupManifest, progress: Progress) -> None:
    there = {table.name for table in tables_of(connection.connection) if is_ours(table.name)}
    for table in manifest.tables:
        if table.name not in there:
            raise BackupUnusable(
                f"The backup has a table {table.name}, which Usher {manifest.usher_version} did not make."
            )
        _load_table(archive, table, progress)


def _load_table(archive: zipfile.ZipFile, table: TableCopy, progress: Progress) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    rows = 0
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copying:
            for block in rows_of(archive, table):
                copying.write(block)
                rows += block.count(b"\n")
                progress(table.name, rows)
        if cursor.rowcount != table.rows:
            raise BackupUnusable(f"{cursor.rowcount:,} of {table.rows:,} rows of {table.name} were restored.")


def _set_sequences(manifest: BackupManifest) -> None:
    with connection.cursor() as cursor:
        for sequence in manifest.sequences:
            cursor.execute(
                "SELECT setval(to_regclass(%s), %s, %s)",
                [f'"{sequence.name}"', sequence.last_value, sequence.is_called],
            )


def _mark(lost: MissingHead, actor: Actor) -> None:
    """In the database itself, where other machines see it too."""
    if not lost.number and (gap := find_gap()) is not None:
        lost.number, lost.hash, lost.noted_at = gap.noted.number, gap.noted.hash, gap.noted.at
        lost.missing = [as_missing(entry) for entry in gap.missing]
    lost.restored_by = str(actor)
    stop_after_our_restore(lost, actor)
