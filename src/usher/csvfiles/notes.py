"""Rows that are about a table and not part of it: totals, subtotals, repeated headers, “generated on” lines."""

import re
from collections.abc import Callable, Sequence

from usher.csvfiles.header_row import ADDRESS
from usher.csvfiles.headers import spelling

_TOTAL = re.compile(
    r"\s*(?:(?:grand|sub|zwischen|gesamt|sous|report|overall)[- ]?)?"
    r"(?:total|totals|totale|totaux|summe|gesamtsumme|gesamt|somme|suma|soma|somma|subtotal|aantal)\b",
    re.I,
)
_ABOUT = re.compile(
    r"\s*(?:generated|created|exported|printed|prepared|run|report|downloaded|erstellt|erzeugt|exportiert|gedruckt|généré|"
    r"imprimé|exporté|generado|gerado|page|seite|end of|ende|confidential|vertraulich|records?|rows?|count|"
    r"anzahl|number of|filters?|filtered|as of|stand|source|legend|notes?|date range|\*+)\b",
    re.I,
)
SPARSE, MOSTLY = 0.5, 0.6
FEWEST_USUAL = 3


class NoteRows:
    """Tells the notes of one table. `keys`: the places of the columns that every row of data fills, such as the address
    and the ID. `usual`: how many cells a row fills.
    """

    def __init__(
        self, headers: Sequence[str], keys: Sequence[int], usual: int, is_known: Callable[[str], bool]
    ) -> None:
        self._keys, self._usual, self._is_known = tuple(keys), usual, is_known
        self._headers = {spelling(header) for header in headers}
        self._width = len(headers)

    def __call__(self, cells: Sequence[str]) -> bool:
        """A row with an address in a key column is data whatever else it says."""
        if any(ADDRESS.fullmatch(cells[place]) for place in self._keys if place < len(cells)):
            return False
        filled = [cell.strip() for cell in cells if cell.strip()]
        first, rest = filled[0], filled[1:]
        if self._is_a_header(filled):
            return True
        has_key = any(cells[place].strip() not in ("", first) for place in self._keys if place < len(cells))
        is_sparse = len(filled) <= self._usual * SPARSE
        if _TOTAL.match(first):
            return is_sparse or not has_key or all(_is_number(cell) for cell in rest)
        if _ABOUT.match(first):
            return not has_key and (is_sparse or len(filled) == 1)
        return not rest and self._is_a_sentence(cells, first)

    def _is_a_header(self, filled: Sequence[str]) -> bool:
        """The header again, as on each page of a printed report, or in other words, as SuccessFactors writes it."""
        if len(filled) < 2 or any(any(map(str.isdigit, cell)) for cell in filled):
            return False
        return (
            all(spelling(cell) in self._headers for cell in filled)
            or sum(map(self._is_known, filled)) >= len(filled) * MOSTLY
        )

    def _is_a_sentence(self, cells: Sequence[str], only: str) -> bool:
        """The only cell of a row: in the first column, and no ID."""
        if not cells[0].strip() or self._width == 1:
            return False
        if 0 not in self._keys:
            return True
        words = only.split()
        has_digit = any(map(str.isdigit, only))
        return self._usual >= FEWEST_USUAL and len(words) > (FEWEST_USUAL if has_digit else 1)


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+\d.,'%\s]+", cell))
