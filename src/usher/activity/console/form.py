"""How a CSV file is written: encoding, delimiter, records."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from usher.activity.console.headers import field_of
from usher.activity.console.problems import ConsoleFileError, refused

DELIMITERS = (",", ";", "\t")
EXPORT_AGAIN = "Export the members in Asana's Admin Console again, and upload that file as it is."


def form_of(content: bytes) -> tuple[str, str]:
    """Encoding and delimiter: the pair under which the first line has most of the columns."""
    possible = [
        (_columns_known(content, encoding, delimiter), encoding, delimiter)
        for encoding in _encodings(content)
        if _decodes(content, encoding)
        for delimiter in DELIMITERS
    ]
    if not possible:
        raise refused("The file is not text that Usher can read.", EXPORT_AGAIN)
    _, encoding, delimiter = max(possible, key=lambda form: form[0])  # of equals the first
    return encoding, delimiter


def _encodings(content: bytes) -> list[str]:
    """Those that may be meant, the likeliest first. Windows-1252 is what is mostly called Latin-1."""
    if content.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig"]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    head = content[:4096]
    if b"\0" in head:  # an ASCII character has a zero byte in UTF-16: after it in LE, before it in BE
        is_little = head[1::2].count(0) >= head[::2].count(0)
        return ["utf-16-le", "utf-16-be"] if is_little else ["utf-16-be", "utf-16-le"]
    return ["utf-8", "cp1252", "latin-1", "cp932"]


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _columns_known(content: bytes, encoding: str, delimiter: str) -> int:
    """How many columns of the first line have a name that Usher knows."""
    try:
        return sum(
            field_of(cell) is not None for cell in headers_in(records_in(content, encoding, delimiter))
        )
    except ConsoleFileError:
        return 0


def headers_in(records: Iterable[tuple[int, list[str]]]) -> list[str]:
    return next((cells for _, cells in records if not is_blank(cells)), [])


def is_blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)


def records_in(content: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with its line as a spreadsheet counts: a line break within quotes begins no new one."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    if not text.readline(20).casefold().startswith("sep="):  # Excel's own note on the delimiter
        text.seek(0)
    line = 0
    try:
        for line, cells in enumerate(csv.reader(text, delimiter=delimiter, strict=True), 1):
            yield line, cells
    except csv.Error as error:
        raise refused(
            "A quotation mark is not closed, or closed too early, here or before.",
            f"The file may have been cut off or edited. {EXPORT_AGAIN}",
            line + 1,
        ) from error
