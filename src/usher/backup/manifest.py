"""What a backup says about itself."""

import hashlib
from datetime import datetime

import msgspec

from usher.refusals import Refused

FORMAT = 1
MANIFEST = "manifest.json"
KEYS = "keys.age"


class BackupUnusable(Refused):
    """A file that is not a whole backup, or not one for this version."""


class TableCopy(msgspec.Struct, frozen=True):
    """A table, or one partition of a table. Its rows are in the file as PostgreSQL's COPY writes them (text)."""

    name: str
    columns: list[str]
    rows: int
    size: int
    """Bytes, before compression."""
    sha256: str
    """Of the rows, before compression."""
    parent: str = ""
    """For a partition: its table."""
    bound: str = ""
    """For a partition: which rows it holds, as PostgreSQL writes it."""

    @property
    def member(self) -> str:
        return f"tables/{self.name}.copy"


class SequenceState(msgspec.Struct, frozen=True):
    name: str
    last_value: int
    is_called: bool


class BackupManifest(msgspec.Struct, frozen=True):
    """`ledger_head` is NUMBER:HASH, empty without entries. `migrations` are pairs of app and name, as applied."""

    format: int
    usher_version: str
    made_at: datetime
    postgresql_version: str
    migrations: list[tuple[str, str]]
    tables: list[TableCopy]
    sequences: list[SequenceState]
    ledger_head: str
    key_fingerprints: list[str]
    """Of the keys that encrypt tokens in this database: whether a data folder has them can be told without them."""
    keys_sha256: str = ""
    """Of the encrypted keys; empty without them."""

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def fingerprint(key: str) -> str:
    """Of a random key of 256 bits, which no hash gives away."""
    return hashlib.sha256(f"usher encryption key {key}".encode()).hexdigest()[:16]
