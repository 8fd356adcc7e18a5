"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods) as records of text, as a CSV file has them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import msgspec

from usher.csvfiles.problems import UnreadableFile, unreadable
from usher.csvfiles.workbook_reader import HAS_PASSWORD, IS_NO_WORKBOOK

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FEWEST_NAMES = 2
READER_SECONDS = 120
READER_NEEDS = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Variables of the environment. Keys and addresses are not among them."""

Records = Callable[[], Iterator[tuple[int, list[str]]]]


class Sheet(msgspec.Struct, frozen=True, array_like=True):
    name: str
    is_shown: bool
    first_rows: list[list[str]]


_sheets = msgspec.json.Decoder(list[Sheet])
_row = msgspec.json.Decoder(list[str])


def is_workbook(content: bytes) -> bool:
    return content.startswith((ZIP, OLE))


def sheet_records(
    content: bytes, is_known: Callable[[str], bool], chosen: str, again: str
) -> tuple[tuple[str, ...], str, Records]:
    """The names of the sheets that may be meant, the one that is read, and its records.

    Without a choice the visible sheet with most known column names counts, of equals the first. Raises UnreadableFile.
    """
    sheets = _sheets.decode(_read(content, again))
    names = [sheet.name for sheet in sheets]
    if chosen and chosen not in names:
        listed = ", ".join(f"“{name}”" for name in names)
        raise unreadable(f"The workbook has no sheet “{chosen}”. It has: {listed}.", "Choose one of these.")
    if not sheets:
        raise unreadable("The workbook has no sheet with cells.", again)
    shown = [sheet for sheet in sheets if sheet.is_shown] or sheets
    known = {sheet.name: _known_names(sheet, is_known) for sheet in shown}
    name = chosen or max(known, key=known.__getitem__)
    rows = _read(content, again, name).splitlines()

    def records() -> Iterator[tuple[int, list[str]]]:
        for line, row in enumerate(rows, 1):
            yield line, _row.decode(row)

    enough = max(FEWEST_NAMES, max(known.values()) / 2)
    alike = [each for each, count in known.items() if count >= enough]
    return tuple(alike), name, records


def _known_names(sheet: Sheet, is_known: Callable[[str], bool]) -> int:
    return max((sum(is_known(cell) for cell in row if cell) for row in sheet.first_rows), default=0)


def _read(content: bytes, again: str, *sheet: str) -> bytes:
    """What `workbook_reader` writes, in a process of its own, which a file may bring down. Raises UnreadableFile."""
    try:
        done = subprocess.run(  # noqa: S603  # a program of ours
            [sys.executable, "-P", "-m", "usher.csvfiles.workbook_reader", *sheet],
            input=content,
            capture_output=True,
            timeout=READER_SECONDS,
            env={name: os.environ[name] for name in READER_NEEDS if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise _too_much() from None
    match done.returncode:
        case 0:
            return done.stdout
        case code if code == HAS_PASSWORD:
            raise unreadable("The workbook is protected by a password.", "Save it without one. " + again)
        case code if code == IS_NO_WORKBOOK:
            why = done.stderr.decode(errors="replace").strip()
            raise unreadable(
                f"The file is no workbook that Usher can read: {why}.", "Save it as .xlsx or CSV."
            )
        case _:
            raise _too_much()


def _too_much() -> UnreadableFile:
    return unreadable(
        "The workbook takes too much memory or time to read. Often a single cell far below or to the right of the "
        "table is the reason, even a blank one that was once used.",
        "Delete the rows below the table and the columns to the right of it, or save the sheet as CSV.",
    )
