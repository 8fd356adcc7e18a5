"""Making a backup, while Usher runs: everything as of one moment."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg
from django.utils import timezone
from psycopg import sql

from usher.backup import keys
from usher.backup.archive import Progress, new_archive, write_rows
from usher.backup.catalog import Session, TableFound, is_ours, sequences_of, tables_of
from usher.backup.manifest import (
    FORMAT,
    KEYS,
    MANIFEST,
    BackupManifest,
    BackupUnusable,
    SequenceState,
    TableCopy,
)
from usher.platform.database import session_params
from usher.web.layout import usher_version

AS_TEXT = {
    # The same text for the same value, whatever the server, the role or the database set.
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "client_encoding": "UTF8",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "60s",
}
TRIES = 3


def make_backup(target: Path, passphrase: str, progress: Progress) -> BackupManifest:
    """Writes the file. With a passphrase, it also contains the keys of the data folder, encrypted.

    Holds one snapshot, so it neither stops nor slows others. Raises BackupUnusable; OSError.
    """
    encrypted = keys.encrypt(passphrase) if passphrase else b""
    for attempt in range(1, TRIES + 1):
        try:
            with _snapshot() as session, new_archive(target) as archive:
                manifest = _described(session, encrypted)
                found = _locked_tables(session)
                copies = []
                for table in found:
                    if not table.is_partitioned:
                        empty = TableCopy(table.name, table.columns, 0, 0, "", table.parent, table.bound)
                        copies.append(write_rows(archive, empty, _rows(session, table), progress))
                manifest = msgspec.structs.replace(manifest, tables=copies, sequences=_sequences(session))
                if encrypted:
                    archive.writestr(KEYS, encrypted)
                archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
            return manifest
        except psycopg.errors.UndefinedTable:
            # A partition was dropped between listing and locking.
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


@contextmanager
def _snapshot() -> Iterator[Session]:
    with psycopg.connect(**session_params()) as session:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _keep_months_in_place(session)
        for name, value in AS_TEXT.items():
            session.execute("SELECT set_config(%s, %s, true)", [name, value])
        yield session


def _keep_months_in_place(session: Session) -> None:
    """Before the first query, which takes the snapshot: a month of events that is written anew after the snapshot, and
    takes the place of the old one before it is locked, would look empty (activity/records/swap.py).
    """
    session.execute("SET LOCAL lock_timeout = '60s'")
    try:
        with session.transaction():
            session.execute("LOCK TABLE activity_auditevent IN ACCESS SHARE MODE")
    except psycopg.errors.UndefinedTable:
        pass  # an empty database has none


def _described(session: Session, encrypted: bytes) -> BackupManifest:
    migrations = session.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    head = session.execute("SELECT number || ':' || hash FROM ledger_head WHERE number > 0").fetchone()
    version = session.execute("SHOW server_version").fetchone()
    return BackupManifest(
        format=FORMAT,
        usher_version=usher_version(),
        made_at=timezone.now(),
        postgresql_version=str(version[0]) if version else "",
        migrations=[(str(app), str(name)) for app, name in migrations],
        tables=[],
        sequences=[],
        ledger_head=str(head[0]) if head else "",
        key_fingerprints=keys.fingerprints(),
        keys_sha256=hashlib.sha256(encrypted).hexdigest() if encrypted else "",
    )


def _locked_tables(session: Session) -> list[TableFound]:
    """Nobody can drop or rewrite them from here on. Others read and write on."""
    found = [table for table in tables_of(session) if is_ours(table.name) and table.is_logged]
    if not found:
        raise BackupUnusable("The database is empty.", "There is nothing to back up.")
    names = sql.SQL(", ").join(sql.Identifier(table.name) for table in found)
    session.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
    return found


def _rows(session: Session, table: TableFound) -> Iterator[bytes]:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table.name), columns)
    with session.cursor() as cursor, cursor.copy(statement) as copied:
        yield from map(bytes, copied)


def _sequences(session: Session) -> list[SequenceState]:
    found = []
    for name in filter(is_ours, sequences_of(session)):
        row = session.execute(
            sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
        ).fetchone()
        assert row
        found.append(SequenceState(name, int(str(row[0])), bool(row[1])))
    return found
