"""A table in a file that another system exported: where its header is, and which rows are data.

Reports put titles above the header and totals below the data; programs leave out empty cells at the end of a row, or
write one delimiter too many. All of that is read here, once for every kind of file. What the columns mean is the
business of whoever asks.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from usher.csvfiles.encoding import detect_format, records_in
from usher.csvfiles.header_row import find_header, is_blank, is_data, known_names, unique_headers
from usher.csvfiles.other_kinds import check_kind
from usher.csvfiles.problems import unreadable
from usher.csvfiles.workbook import is_workbook, sheet_records

SURPLUS_IS_USUAL, FEW = 0.9, 0.1
LOOKED_AT = 5_000
"""Rows by which the shape of the table is judged."""


class TableRow(msgspec.Struct, frozen=True, gc=False):
    """`line` as a spreadsheet counts. `cells` has one cell a header; `surplus` counts the cells beyond the last one."""

    line: int
    cells: list[str]
    surplus: int = 0


class Table(msgspec.Struct, frozen=True):
    """`headers` are unique: a second “Email” is “Email (2)”, a blank one “Column D”. `titles` stand above.

    `usual_cells`: how many cells a row fills. `sheets`: the sheets of a workbook that may be meant.
    """

    headers: list[str]
    header_line: int
    titles: list[str]
    records: Callable[[], Iterator[tuple[int, list[str]]]]
    trailing_cells: int = 0
    usual_cells: int = 0
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    sheet: str = ""

    def rows(self) -> Iterator[TableRow]:
        """Those below the header that are not blank. May be called again and again; keeps no row."""
        width = len(self.headers)
        for line, cells in self.records():
            if line <= self.header_line or is_blank(cells):
                continue
            surplus = max(0, len(cells) - width)
            if surplus <= self.trailing_cells and is_blank(cells[width:]):
                surplus = 0
            yield TableRow(line, [*cells[:width], *[""] * (width - len(cells))], surplus)


def open_table(
    content: bytes, is_known: Callable[[str], bool], again: str, *, sheet: str = "", header_line: int = 0
) -> Table:
    """Finds the header: the line with most of the column names that `is_known` knows.

    `again` tells what to do with a file that cannot be read. `sheet` and `header_line` are what a person chose.
    Raises UnreadableFile.
    """
    check_kind(content, again)
    encoding = delimiter = ""
    sheets: tuple[str, ...] = ()
    if is_workbook(content):
        sheets, sheet, records = sheet_records(content, is_known, sheet, again)
    else:
        encoding, delimiter = detect_format(content, is_known, again)

        def records() -> Iterator[tuple[int, list[str]]]:
            return records_in(content, encoding, delimiter, again)

    line, cells, titles = find_header(records(), is_known, header_line)
    if not cells:
        raise unreadable("The file is empty.", again)
    if not header_line and not known_names(cells, is_known) and is_data(cells):
        line, cells = line - 1, []  # there is no header: columns are called by their letters
    below = list(islice(((n, row) for n, row in records() if n > line and not is_blank(row)), LOOKED_AT))
    headers = unique_headers(_with_columns_below(cells, [row for _, row in below]))
    usual = sorted(sum(bool(cell.strip()) for cell in row) for _, row in below)
    return Table(
        headers=headers,
        header_line=line,
        titles=titles,
        records=records,
        trailing_cells=_trailing_cells(len(headers), [row for _, row in below]),
        usual_cells=usual[len(usual) // 2] if usual else 0,
        encoding=encoding,
        delimiter=delimiter,
        sheets=sheets,
        sheet=sheet,
    )


def _with_columns_below(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The cells of the header, with the blank ones at its end under which there is something. Without a header, so
    many blank ones as most rows are wide.
    """
    if not cells:
        widths = Counter(max(n for n, cell in enumerate(row, 1) if cell.strip()) for row in rows)
        return [""] * max((width for width, times in widths.items() if times > len(rows) * FEW), default=1)
    width = max(n for n, cell in enumerate(cells, 1) if cell.strip())
    while width < len(cells) and sum(not is_blank(row[width:]) for row in rows) > len(rows) * FEW:
        width += 1
    return list(cells[:width])


def _trailing_cells(width: int, rows: Sequence[Sequence[str]]) -> int:
    """How many blank cells nearly every row has beyond the header: a delimiter at the end of each line."""
    whole = [row for row in rows if len(row) >= width]  # totals and other notes are shorter
    counts = Counter(len(row) - width if is_blank(row[width:]) else 0 for row in whole)
    usual, times = counts.most_common(1)[0] if counts else (0, 0)
    return usual if usual and times >= counts.total() * SURPLUS_IS_USUAL else 0
