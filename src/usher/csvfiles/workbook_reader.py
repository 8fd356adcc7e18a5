"""A process that reads one workbook and nothing else, with bounds on its memory and time.

The library keeps a cell for every place between the first and the last that is used, so that a single cell far away
from the table (or a file made for it) needs more memory than there is, and the library then ends its process.

    python -m usher.csvfiles.workbook_reader [SHEET] <workbook

Without a sheet it writes the worksheets, `[[NAME, IS_SHOWN, FIRST_ROWS], …]`; with one, its rows, a line of JSON each.
Of hidden sheets it reads no rows, unless all are hidden.
"""

import io
import resource
import sys
from datetime import date, datetime, time

import msgspec
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

LINES_LOOKED_AT = 40
MOST_MEMORY = 2 * 1024**3
"""Bytes of address space: enough for some 40 million cells."""
MOST_SECONDS = 60
"""Of the processor."""
HAS_PASSWORD, IS_NO_WORKBOOK = 3, 4
"""Exit codes. With the second, standard error says why."""


def main(sheet: str | None) -> int:
    bounds = {resource.RLIMIT_AS: MOST_MEMORY, resource.RLIMIT_CPU: MOST_SECONDS, resource.RLIMIT_CORE: 0}
    for kind, most in bounds.items():
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        if sheet is None:
            _write(_survey(book))
        else:
            cells = book.get_sheet_by_name(sheet)
            columns_before = [""] * (cells.start[1] if cells.start else 0)  # which `iter_rows` leaves out
            for row in cells.iter_rows():
                _write([*columns_before, *map(cell_text, row)])
    except PasswordError:
        return HAS_PASSWORD
    except CalamineError as error:
        sys.stderr.write(str(error))
        return IS_NO_WORKBOOK
    return 0


def _write(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")


def _survey(book: CalamineWorkbook) -> list[tuple[str, bool, list[list[str]]]]:
    shown = {
        each.name: _is_shown(each) for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet
    }
    read = [name for name in shown if shown[name]] or list(shown)
    return [(name, shown[name], _first_rows(book, name) if name in read else []) for name in shown]


def _is_shown(sheet: SheetMetadata) -> bool:
    return sheet.visible == SheetVisibleEnum.Visible


def _first_rows(book: CalamineWorkbook, sheet: str) -> list[list[str]]:
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=LINES_LOOKED_AT)
    return [[cell_text(cell) for cell in row] for row in rows]


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
