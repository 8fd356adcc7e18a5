"""How a CSV file is written: encoding, delimiter, records."""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from usher.activity.console.headers import field_of
from usher.csvfiles.problems import ConsoleFileError, refused

DELIMITERS = (",", ";", "\t")
SAVE_AS_CSV = "Upload the CSV as it was exported, or save the workbook as CSV."
EXPORT_AGAIN = "Export the members in Asana's Admin Console again, and upload that file as it is."


def _is_known(header: str) -> bool:
    return field_of(header) is not None


def form_of(
    content: bytes, is_known: Callable[[str], bool] = _is_known, again: str = EXPORT_AGAIN
) -> tuple[str, str]:
    """Encoding and delimiter: the pair under which the first line has most of the known columns.

    `again` is what to do with a file that cannot be read.
    """
    if content.startswith(b"PK\x03\x04"):
        raise refused("This is a workbook (Excel, Numbers or LibreOffice), not a CSV file.", SAVE_AS_CSV)
    possible = [
        (_columns_known(content, encoding, delimiter, is_known), encoding, delimiter)
        for encoding in _encodings(content)
        if _decodes(content, encoding)
        for delimiter in DELIMITERS
    ]
    if not possible:
        raise refused("The file is not text that Usher can read.", again)
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


def _columns_known(content: bytes, encoding: str, delimiter: str, is_known: Callable[[str], bool]) -> int:
    """How many columns of the first line have a name that Usher knows."""
    try:
        return sum(map(is_known, headers_in(records_in(content, encoding, delimiter))))
    except ConsoleFileError:
        return 0


def headers_in(records: Iterable[tuple[int, list[str]]]) -> list[str]:
    return next((cells for _, cells in records if not is_blank(cells)), [])


def is_blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)


def records_in(
    content: bytes, encoding: str, delimiter: str, again: str = EXPORT_AGAIN
) -> Iterator[tuple[int, list[str]]]:
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
            f"The file may have been cut off or edited. {again}",
            line + 1,
        ) from error
