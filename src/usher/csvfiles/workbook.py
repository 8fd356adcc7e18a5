"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods) as records of text, as a CSV file has them."""

import io
from collections.abc import Callable, Iterator
from datetime import date, datetime, time

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from usher.csvfiles.problems import unreadable

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LINES_LOOKED_AT = 40
FEWEST_NAMES = 2

Records = Callable[[], Iterator[tuple[int, list[str]]]]


def is_workbook(content: bytes) -> bool:
    return content.startswith((ZIP, OLE))


def sheet_records(
    content: bytes, is_known: Callable[[str], bool], chosen: str, again: str
) -> tuple[tuple[str, ...], str, Records]:
    """The names of the sheets that may be meant, the one that is read, and its records.

    Without a choice the visible sheet with most known column names counts, of equals the first. Raises UnreadableFile.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        if chosen and chosen not in names:
            listed = ", ".join(f"“{name}”" for name in names)
            raise unreadable(
                f"The workbook has no sheet “{chosen}”. It has: {listed}.", "Choose one of these."
            )
        if not names:
            raise unreadable("The workbook has no sheet with cells.", again)
        shown = [s.name for s in book.sheets_metadata if s.name in names and _is_shown(s)] or names
        known = {name: _known_names(book, name, is_known) for name in shown}
        name = chosen or max(known, key=known.__getitem__)
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except PasswordError as error:
        raise unreadable(
            "The workbook is protected by a password.", "Save it without one. " + again
        ) from error
    except CalamineError as error:
        raise unreadable(
            f"The file is no workbook that Usher can read: {error}.", "Save it as .xlsx or CSV."
        ) from error

    def records() -> Iterator[tuple[int, list[str]]]:
        for line, cells in enumerate(rows, 1):
            yield line, [cell_text(cell) for cell in cells]

    enough = max(FEWEST_NAMES, max(known.values()) / 2)
    alike = [each for each, count in known.items() if count >= enough]
    return tuple(alike), name, records


def _is_shown(sheet: SheetMetadata) -> bool:
    return sheet.visible == SheetVisibleEnum.Visible


def _known_names(book: CalamineWorkbook, name: str, is_known: Callable[[str], bool]) -> int:
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=LINES_LOOKED_AT)
    return max(
        (sum(is_known(cell) for cell in row if isinstance(cell, str) and cell) for row in rows), default=0
    )


def cell_text(cell: object) -> str:
    """As it would stand in a CSV file: days as 2026-11-30, whole numbers without a point."""
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
        case None:
            return ""
        case _:
            return str(cell)
