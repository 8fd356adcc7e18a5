"""Compresses records one by one, with a dictionary of what many of them have in common.

This is zlib's own format (RFC 1950), which names the dictionary by its checksum and ends with a checksum of the text.
"""

import zlib
from collections.abc import Iterable

LONGEST_DICTIONARY = 1 << 15
"""Bytes: zlib looks no further back."""
LEVEL = 9
_HAS_DICTIONARY = 0x20


class RecordDamaged(ValueError):
    """A record that does not read back as it was."""


def make_dictionary(samples: Iterable[str]) -> bytes:
    """The samples one after the other, as many as fit: zlib refers to any part of them."""
    return "".join(samples).encode()[-LONGEST_DICTIONARY:]


def checksum(dictionary: bytes) -> int:
    return zlib.adler32(dictionary)


def dictionary_of(packed: bytes) -> int | None:
    """The checksum of the dictionary that this record was compressed with; None if it was without."""
    return int.from_bytes(packed[2:6]) if packed[1] & _HAS_DICTIONARY else None


class Compressor:
    def __init__(self, dictionary: bytes) -> None:
        self._dictionary = dictionary
        # Copied for each record, which takes a quarter of the time that looking through the dictionary takes.
        self._fresh = zlib.compressobj(LEVEL, zdict=dictionary)

    def compress(self, record: str) -> bytes:
        """Raises RecordDamaged if it does not read back, so that a record is never replaced by something else."""
        work, text = self._fresh.copy(), record.encode()
        packed = work.compress(text) + work.flush()
        if decompress(packed, self._dictionary) != record:
            raise RecordDamaged("A record does not read back after compression.")
        return packed


def decompress(packed: bytes, dictionary: bytes) -> str:
    """Raises RecordDamaged."""
    work = zlib.decompressobj(zdict=dictionary)
    try:
        text = work.decompress(packed) + work.flush()
    except zlib.error as error:
        raise RecordDamaged(f"A record cannot be decompressed: {error}.") from error
    if not work.eof:
        raise RecordDamaged("A record breaks off.")
    return text.decode()
