"""What this data folder has seen of the ledger: one line for each entry, outside the database.

A database that is restored forgets entries, and nothing inside it shows that. The lines do. Each machine has its own,
written after the commit by the process that made the entry.
"""

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from usher.platform.database import session_params
from usher.platform.home import home

log = logging.getLogger(__name__)

FILE = "ledger_heads"
LONGEST = 1_000_000
"""Bytes. A longer file loses its older half."""
LONGEST_TEXT = 300

_state = {"logs_heads": False, "has_warned": False}


class NotedEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry that was committed, or a head that was found at the start of a process (without an action)."""

    at: datetime
    """When the entry was made."""
    place: str
    """The database: host, port and name."""
    number: int
    hash: str
    action: str = ""
    subject: str = ""
    actor: str = ""
    starts_anew: bool = False
    """Whether the lines before this one count no more: an admin has looked at what was lost."""


def note(entry: NotedEntry) -> None:
    """Appends one line. A folder that cannot be written is logged once: the entry itself is stored."""
    line = msgspec.json.encode(
        msgspec.structs.replace(entry, subject=entry.subject[:LONGEST_TEXT], actor=entry.actor[:LONGEST_TEXT])
    )
    try:
        with _locked() as file:
            os.write(file, line + b"\n")
            if os.fstat(file).st_size > LONGEST:
                _shorten()
    except OSError as error:
        if not _state["has_warned"]:
            _state["has_warned"] = True
            log.warning(
                "The ledger's head cannot be noted in %s: %s. A restored database may go unnoticed.",
                home() / FILE,
                error.strerror,
            )


def log_heads() -> None:
    """From now on this process writes each head to its log too: for those that run for long."""
    _state["logs_heads"] = True


def log_head(number: int, digest: str) -> None:
    if _state["logs_heads"]:
        log.info("Ledger head %s:%s", number, digest)


def noted_here() -> list[NotedEntry]:
    """Of the database that is in use, since an admin last looked, in the order of the lines."""
    found: list[NotedEntry] = []
    here = place()
    for entry in noted_anywhere():
        if entry.place == here:
            if entry.starts_anew:
                found.clear()
            found.append(entry)
    return found


def noted_anywhere() -> list[NotedEntry]:
    """Of all databases that were used with this data folder. A line that a crash cut off is left out."""
    try:
        text = (home() / FILE).read_bytes()
    except OSError:
        return []
    return list(_entries(text))


def place() -> str:
    settings = session_params()
    return f"{settings.get('host', '')}:{settings.get('port', '')}/{settings.get('dbname', '')}"


def _entries(text: bytes) -> Iterator[NotedEntry]:
    for line in text.splitlines():
        try:
            yield msgspec.json.decode(line, type=NotedEntry)
        except msgspec.DecodeError:
            continue


@contextmanager
def _locked() -> Iterator[int]:
    """The file, open for appending. Another process may be replacing it by a shorter one meanwhile."""
    path = home() / FILE
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(path, file):
                yield file
                return
        finally:
            os.close(file)


def _is_still(path: Path, file: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file).st_ino
    except FileNotFoundError:
        return False


def _shorten() -> None:
    """Keeps the younger half and, of every database, what decides: the entry with the highest number."""
    path = home() / FILE
    entries = list(_entries(path.read_bytes()))
    younger = entries[len(entries) // 2 :]
    highest: dict[str, NotedEntry] = {}
    for entry in entries:
        before = highest.get(entry.place)
        if before is None or entry.starts_anew or entry.number > before.number:
            highest[entry.place] = entry
    kept = [entry for entry in entries if entry in highest.values() and entry not in younger] + younger
    descriptor, fresh = tempfile.mkstemp(prefix=f".{FILE}.", dir=home())  # only its owner can read it
    with os.fdopen(descriptor, "wb") as out:
        out.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in kept))
    Path(fresh).replace(path)
