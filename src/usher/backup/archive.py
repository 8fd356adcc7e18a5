"""The file: a zip archive with the rows of each table, and at its end a manifest with their checksums."""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

import msgspec

from usher.backup.manifest import FORMAT, KEYS, MANIFEST, BackupManifest, BackupUnusable, TableCopy

BLOCK = 1 << 18
"""Bytes that are hashed and compressed at once."""
LEVEL = 3
"""Of compression: most of what more would save is not worth its time."""

Progress = Callable[[str, int], None]
"""Told the name of a table, and how many rows of it are done."""


@contextmanager
def new_archive(target: Path) -> Iterator[zipfile.ZipFile]:
    """A file that only its owner can read, from its first byte. It gets its name when it is whole."""
    descriptor, name = mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
                yield archive
            out.flush()
            os.fsync(out.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_rows(
    archive: zipfile.ZipFile, table: TableCopy, blocks: Iterable[bytes], progress: Progress
) -> TableCopy:
    """Stores the rows in constant memory. Returns the table with its size and checksum."""
    digest, size, rows = hashlib.sha256(), 0, 0
    with archive.open(table.member, "w", force_zip64=True) as out:
        for block in gathered(blocks):
            digest.update(block)
            out.write(block)
            size += len(block)
            rows += block.count(b"\n")  # COPY writes a line break within a value as \n
            progress(table.name, rows)
    return msgspec.structs.replace(table, rows=rows, size=size, sha256=digest.hexdigest())


def gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """PostgreSQL sends each row by itself."""
    held = bytearray()
    for block in blocks:
        held += block
        if len(held) >= BLOCK:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, BackupManifest]]:
    """Raises BackupUnusable."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _manifest(archive, path)
    except FileNotFoundError as error:
        raise BackupUnusable(f"There is no file {path}.", "Check the name.") from error
    except zipfile.BadZipFile as error:
        raise BackupUnusable(
            f"{path} is not a backup of Usher, or not a whole one.", "Use another backup."
        ) from error
    except OSError as error:
        raise BackupUnusable(f"{path} cannot be read: {error.strerror or error}.") from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> BackupManifest:
    try:
        text = archive.read(MANIFEST)
        if msgspec.json.decode(text, type=_Format).format > FORMAT:
            raise BackupUnusable(
                f"{path} was made by a newer version of Usher.", "Restore it with that version."
            )
        return msgspec.json.decode(text, type=BackupManifest)
    except (KeyError, msgspec.DecodeError, zlib.error, EOFError) as error:
        raise BackupUnusable(
            f"{path} is not a backup of Usher: its manifest is missing or damaged."
        ) from error


class _Format(msgspec.Struct):
    format: int


def rows_of(archive: zipfile.ZipFile, table: TableCopy) -> Iterator[bytes]:
    """The rows in blocks. Raises BackupUnusable at the end if they are not those that were stored."""
    digest, rows = hashlib.sha256(), 0
    try:
        with archive.open(table.member) as file:
            while block := file.read(BLOCK):
                digest.update(block)
                rows += block.count(b"\n")
                yield block
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(table) from error
    if (digest.hexdigest(), rows) != (table.sha256, table.rows):
        raise _damaged(table)


def check(archive: zipfile.ZipFile, manifest: BackupManifest, progress: Progress) -> None:
    """Reads everything once. Raises BackupUnusable."""
    for table in manifest.tables:
        rows = 0
        for block in rows_of(archive, table):
            rows += block.count(b"\n")
            progress(table.name, rows)
    if manifest.keys_sha256:
        encrypted_keys(archive, manifest)


def encrypted_keys(archive: zipfile.ZipFile, manifest: BackupManifest) -> bytes:
    """Raises BackupUnusable where there are none."""
    if not manifest.keys_sha256:
        raise BackupUnusable("The backup contains no keys.", "It was made without --with-keys.")
    try:
        keys = archive.read(KEYS)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BackupUnusable("The keys in the backup are damaged.", "Use another backup.") from error
    if hashlib.sha256(keys).hexdigest() != manifest.keys_sha256:
        raise BackupUnusable("The keys in the backup are damaged.", "Use another backup.")
    return keys


def _damaged(table: TableCopy) -> BackupUnusable:
    return BackupUnusable(
        f"The backup is damaged: the rows of {table.name} are not those that were stored.",
        "Use another backup.",
    )
