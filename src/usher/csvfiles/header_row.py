"""Where the header of a table stands: below titles, above the data."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

LINES_ABOVE = 40
"""A header stands within the first lines that are not blank, at most this many."""
ADDRESS = re.compile(r"\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*")


def find_header(
    records: Iterator[tuple[int, list[str]]], is_known: Callable[[str], bool], chosen: int = 0
) -> tuple[int, list[str], list[str]]:
    """Its line, its cells, and the titles above it. Without a known column name the first line that is not blank."""
    seen = list(islice(((line, cells) for line, cells in records if not is_blank(cells)), LINES_ABOVE))
    if not seen:
        return 0, [], []
    if chosen:
        at = next((n for n, (line, _) in enumerate(seen) if line >= chosen), 0)
    else:
        known = [known_names(cells, is_known) for _, cells in seen]
        at = known.index(max(known)) if max(known) else _first_of_full_width([cells for _, cells in seen])
    titles = [" ".join(filter(None, map(str.strip, cells))) for _, cells in seen[:at]]
    return *seen[at], titles


def known_names(cells: Sequence[str], is_known: Callable[[str], bool]) -> int:
    """A line of data has no header's names: with an address or a number in it, it is none."""
    filled = [cell for cell in map(str.strip, cells) if cell]
    if any("@" in cell or cell.replace(".", "").isdigit() for cell in filled) or filled[:1] == ["#TYPE"]:
        return 0
    return len({cell.casefold() for cell in filled if is_known(cell)})


def is_data(cells: Sequence[str]) -> bool:
    """Whether a line that was taken for the header is a row of data: it holds an address."""
    return any(ADDRESS.fullmatch(cell) for cell in cells)


def _first_of_full_width(lines: Sequence[Sequence[str]]) -> int:
    """Titles fill fewer cells than the header and the data do."""
    counts = [sum(bool(cell.strip()) for cell in cells) for cells in lines]
    usual = sorted(counts)[len(counts) // 2]
    return next(n for n, count in enumerate(counts) if count >= usual)


def unique_headers(cells: Sequence[str]) -> list[str]:
    times: Counter[str] = Counter()
    headers = []
    for place, cell in enumerate(cells):
        name = " ".join(cell.replace("\ufeff", "").split()) or f"Column {column_letters(place)}"
        times[name.casefold()] += 1
        headers.append(name if times[name.casefold()] == 1 else f"{name} ({times[name.casefold()]})")
    return headers


def column_letters(place: int) -> str:
    """As spreadsheets name columns: 0 is A, 26 is AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def is_blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)
