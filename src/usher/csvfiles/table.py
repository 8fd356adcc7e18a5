"""A table in a file that another system exported: where its header is, and which rows are data.

Reports put titles above the header and totals below the data; programs leave out empty cells at the end of a row, or
write one delimiter too many. All of that is read here, once for every kind of file. What the columns mean is the
business of whoever asks.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from usher.csvfiles.encoding import detect_format, records_in
from usher.csvfiles.header_row import find_header, is_blank, unique_headers
from usher.csvfiles.problems import unreadable
from usher.csvfiles.workbook import is_workbook, sheet_records

SURPLUS_IS_USUAL = 0.9
NOTE_WORDS = re.compile(
    r"\s*(?:grand |sub|zwischen|gesamt)?-?\s?(?:total|totals|totale|summe|gesamtsumme|gesamt|somme|suma|soma|somma|"
    r"generated|created|exported|printed|run|report|erstellt|erzeugt|exportiert|généré|imprimé|generado|gerado|"
    r"page|seite|end of|ende|confidential|vertraulich|records?|rows?|count|anzahl|number of|filters?|as of|stand)\b",
    re.I,
)
"""How rows begin that are about the table and not part of it."""
ADDRESS = re.compile(r"\s*\S+@\S+\s*")


class TableRow(msgspec.Struct, frozen=True, gc=False):
    """`line` as a spreadsheet counts. `cells` has one cell a header; `surplus` counts the cells beyond the last one."""

    line: int
    cells: list[str]
    surplus: int = 0


class Table(msgspec.Struct, frozen=True):
    """`headers` are unique: a second “Email” is “Email (2)”, a blank one “Column D”. `titles` stand above."""

    headers: list[str]
    header_line: int
    titles: list[str]
    records: Callable[[], Iterator[tuple[int, list[str]]]]
    trailing_cells: int = 0
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
    width = max(n for n, cell in enumerate(cells, 1) if cell.strip())
    headers = unique_headers(cells[:width])
    table = Table(headers, line, titles, records, 0, encoding, delimiter, sheets, sheet)
    return msgspec.structs.replace(table, trailing_cells=_trailing_cells(table))


def is_note(cells: Sequence[str], keys: Sequence[int]) -> bool:
    """A title, a total or another remark about the table. `keys`: the places of columns that every row of data fills,
    such as the address: one that holds an address is data whatever else it says.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if any(ADDRESS.fullmatch(cells[place]) for place in keys if place < len(cells)):
        return False
    if NOTE_WORDS.match(filled[0]):
        return True
    return len(filled) == 1 and bool(cells[0].strip()) and 0 not in keys


def _trailing_cells(table: Table) -> int:
    """How many blank cells nearly every row has beyond the header: a delimiter at the end of each line."""
    width, counts = len(table.headers), Counter[int]()
    for line, cells in islice(table.records(), 5_000):
        if line > table.header_line and not is_blank(cells):
            counts[max(0, len(cells) - width) if is_blank(cells[width:]) else 0] += 1
    usual, times = counts.most_common(1)[0] if counts else (0, 0)
    return usual if usual and times >= counts.total() * SURPLUS_IS_USUAL else 0
