"""Cells of CSV files that no spreadsheet takes for a formula, and the way back to the text.

A spreadsheet takes a cell for a formula if it begins with one of a few characters, after blanks and quotation marks. It
may also split a cell in two: files are often opened with another separator than the comma with which they were written.
So each place where a cell could begin counts: the start of the text and what follows a separator or a line break. Where
a formula could begin, an apostrophe is put in front, which spreadsheets read as “this is text”.
"""

import re

FORMULA = "=+\\-@＝＋－＠﹢﹣﹦﹫⁺⁼₊₌"
"""What begins a formula, and the forms of it that some programs take for the same character."""
BREAKS = "\t\n\r"
SEPARATORS = ";|"
IGNORED = "'\"’‘“”\\s\x00-\x1f\x85\u200b-\u200f\u2060\ufeff"
"""What programs skip or take off in front of a formula; BREAKS are among it."""

_NUMBER = re.compile(r"-\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_BEFORE_FORMULA = re.compile(f"[{IGNORED}{SEPARATORS}]++(?P<formula>[{FORMULA}])?|(?P<bare>[{FORMULA}])")
_BEGINS_WITH_BREAK = re.compile(f"'*[{BREAKS}]")
_PLAIN = re.compile(r"(?:\w[\w.@:+\-]*+(?: (?=\w))?)*+")
"""Most cells: nothing in them follows a place where a cell could begin but letters, digits and underscores."""
MARK = "'"


def safe_cell(value: str | None) -> str:
    """A CSV cell that no spreadsheet evaluates as a formula. Negative numbers stay numbers."""
    text = value or ""
    if _PLAIN.fullmatch(text) or _NUMBER.fullmatch(text):
        return text
    return MARK.join(_parts(text, _places(text)))


def original_text(cell: str) -> str:
    """The text of which `safe_cell` made this cell. Undoes what other programs do against formulas, too."""
    marks = [place for place in _places(cell) if cell.startswith(MARK, place)]
    return "".join(
        part.removeprefix(MARK) if number else part for number, part in enumerate(_parts(cell, marks))
    )


def _places(text: str) -> list[int]:
    """Where a formula could begin, if only ignored characters stand between that place and it. In linear time.

    A mark is an ignored character itself, so a text and its cell have the same places.
    """
    places = [0] if _BEGINS_WITH_BREAK.match(text) else []
    for found in _BEFORE_FORMULA.finditer(text):
        if not (found["formula"] or found["bare"]):
            continue
        start, end = found.start(), found.end() - 1
        separator = max(text.rfind(each, start, end) for each in SEPARATORS)
        if separator >= 0 or (start == 0 and not places):
            places.append(separator + 1)
        within = range(max(start, separator + 1), end)
        places += [place + 1 for place in within if text[place] in BREAKS]
    return places


def _parts(text: str, places: list[int]) -> list[str]:
    """The text, cut at the places."""
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
