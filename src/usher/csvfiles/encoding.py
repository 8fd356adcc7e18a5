"""How a CSV file is written: its encoding, its delimiter, its records."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator

from usher.csvfiles.header_row import find_header
from usher.csvfiles.problems import UnreadableFile, unreadable
from usher.spreadsheet_cells import original_text

DELIMITERS = (",", ";", "\t", "|")
LARGEST_CELL = 16 * 1024 * 1024
"""In characters. Cells that list projects or notes reach hundreds of thousands."""

csv.field_size_limit(LARGEST_CELL)

_NAMED_DELIMITER = re.compile(r'"?sep=([^\r\n"])', re.I)
"""Excel's own note, above the header."""


def detect_format(content: bytes, is_known: Callable[[str], bool], again: str) -> tuple[str, str]:
    """The encoding and delimiter under which the header has the most known column names.

    `is_known` tells whether a column name is known. `again` tells people what to do if the file cannot be read.
    Raises UnreadableFile.
    """
    candidates = [
        (_known_columns(content, encoding, delimiter, is_known), encoding, delimiter)
        for encoding in _encodings(content)
        if _decodes(content, encoding)
        for delimiter in _delimiters(content, encoding)
    ]
    if not candidates:
        raise unreadable("The file is not text that Usher can read.", again)
    _, encoding, delimiter = max(candidates, key=lambda candidate: candidate[0])  # the first of equals
    return encoding, delimiter


def _delimiters(content: bytes, encoding: str) -> tuple[str, ...]:
    """The one that the file names in its first line, else all that are usual."""
    named = _NAMED_DELIMITER.match(content[:100].decode(encoding, "ignore"))
    return (named[1],) if named else DELIMITERS


def _encodings(content: bytes) -> list[str]:
    """The possible encodings, the likeliest first. What is called Latin-1 is mostly Windows-1252."""
    if content.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig"]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    head = content[:4096]
    if b"\0" in head:  # an ASCII character has a zero byte in UTF-16: after it in LE, before it in BE
        is_little = head[1::2].count(0) >= head[::2].count(0)
        return ["utf-16-le", "utf-16-be"] if is_little else ["utf-16-be", "utf-16-le"]
    if _decodes(content, "utf-8"):  # what is anything else does not happen to be UTF-8 as well
        return ["utf-8"]
    return ["cp1252", "latin-1", "cp932"]


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _known_columns(
    content: bytes, encoding: str, delimiter: str, is_known: Callable[[str], bool]
) -> tuple[int, int]:
    """How many column names are known; where none is, how many columns there are."""
    records = _until_broken(records_in(content, encoding, delimiter, again=""))
    _, cells, _ = find_header(records, is_known)
    known = sum(map(is_known, cells))
    return known, 0 if known else len(cells)


def records_in(content: bytes, encoding: str, delimiter: str, again: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with its line. As in a spreadsheet, a line break within quotes does not start a new line.

    Apostrophes that Usher, or another program, has put in front of what could be a formula are taken off again.
    `again` tells people what to do if the file cannot be read. Raises UnreadableFile.
    """
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    if not _NAMED_DELIMITER.match(text.readline(1_000)):
        text.seek(0)
    line = 0
    try:
        for line, cells in enumerate(csv.reader(text, delimiter=delimiter, strict=True), 1):
            yield line, _originals(cells)
    except csv.Error as error:
        broken = unreadable(
            "A quotation mark is not closed, or closed too early, here or before.",
            f"The file may have been cut off or edited. {again}",
            line + 1,
        )
        if "expected after" not in str(error):
            raise broken from error
        text.seek(0)
        yield from _with_stray_quotes(text, delimiter, line, broken)


def _with_stray_quotes(
    text: io.TextIOWrapper, delimiter: str, read: int, broken: UnreadableFile
) -> Iterator[tuple[int, list[str]]]:
    """The records after the first `read` ones, as a person reads “"Ann" Kay”: the quotation marks are part of the text.
    Raises `broken` where one swallows the lines below.
    """
    if not _NAMED_DELIMITER.match(text.readline(1_000)):
        text.seek(0)
    for line, cells in enumerate(csv.reader(text, delimiter=delimiter), 1):
        if line > read:
            if any("\n" in cell or "\r" in cell for cell in cells):
                raise broken
            yield line, _originals(cells)


def _originals(cells: list[str]) -> list[str]:
    return [original_text(cell) if "'" in cell else cell for cell in cells]


def _until_broken(records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from records
    except UnreadableFile:
        return
