"""Files by day: JSON Lines, compressed. The day is that of the event, in UTC."""

import asyncio
import fcntl
import gzip
import os
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date
from pathlib import Path

import msgspec

from usher.streams.sending.message import MessageBatch, StreamMessage, Undelivered

COMMITTED = ".committed.json"
_LEVEL = 6


def by_day(messages: Iterable[StreamMessage]) -> dict[tuple[str, date], bytes]:
    """Compressed lines, by source and day."""
    found: dict[tuple[str, date], list[bytes]] = defaultdict(list)
    for message in messages:
        found[message.source, message.at.astimezone(UTC).date()].append(message.line)
    return {
        key: gzip.compress(b"".join(line + b"\n" for line in lines), _LEVEL, mtime=0)
        for key, lines in found.items()
    }


class FolderReceiver:
    """Appends to `asana-2026-11-30.jsonl.gz` and `usher-2026-11-30.jsonl.gz`.

    The lengths of the files after the last whole batch stand in a file beside them: what a killed process has appended
    after that is cut off, so that no file has half a batch in it, and each can always be decompressed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, batch: MessageBatch) -> None:
        await asyncio.to_thread(self._append, batch)

    def _append(self, batch: MessageBatch) -> None:
        parts = by_day(batch.messages)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            with (self._folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                lengths = self._lengths()
                for (source, day), content in sorted(parts.items()):
                    name = f"{source}-{day}.jsonl.gz"
                    lengths[name] = _append_to(self._folder / name, content, lengths.get(name))
                self._keep(lengths)
        except OSError as error:
            raise Undelivered(
                f"The folder {self._folder} cannot be written: {error.strerror}.",
                "See that the user that runs `usher worker` may write there, and that the disk is not full.",
            ) from None

    def _lengths(self) -> dict[str, int]:
        with suppress(FileNotFoundError, msgspec.DecodeError):
            return msgspec.json.decode((self._folder / COMMITTED).read_bytes(), type=dict[str, int])
        return {}

    def _keep(self, lengths: dict[str, int]) -> None:
        """Without files that were taken away."""
        there = {name: length for name, length in lengths.items() if (self._folder / name).exists()}
        fresh = self._folder / f"{COMMITTED}.new"
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(there))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / COMMITTED)


def _append_to(path: Path, content: bytes, committed: int | None) -> int:
    """Returns the length then."""
    with path.open("ab") as file:
        length = file.tell()
        if committed is not None and committed < length:
            file.truncate(committed)
            length = committed
        file.seek(length)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return length + len(content)
