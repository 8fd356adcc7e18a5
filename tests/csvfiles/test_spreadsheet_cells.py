"""Cells that no spreadsheet takes for a formula, with whatever separator it opens the file, and the way back."""

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from usher.spreadsheet_cells import original_text, safe_cell

SHARP = st.text("=+-@＝﹢'\"’;|,\t\r\n \ufeff\u200b\xa0aé19.", max_size=12)
"""Short texts in which the characters that matter often meet."""
TEXTS = SHARP | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NUMBER = re.compile(r"-\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
SKIPPED = " \t\r\n'\"’‘“”\ufeff\u200b\xa0"


def is_formula(field: str) -> bool:
    """A second opinion, written apart: what a spreadsheet that forgives everything would evaluate."""
    if field.startswith("'") or NUMBER.fullmatch(field):
        return False
    bare = field.lstrip(SKIPPED)
    return bare != "" and unicodedata.normalize("NFKC", bare[0]) in tuple("=+-@")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+49 30 1234",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        '"=1',
        "\ufeff=1",
        "＝1+1",
        "﹢1",
        "A;=1+1",
        "A; =1+1",
        'A;"=1+1',
        "A\t@x",
        "A|-2+3",
        "two\n=lines",
        "A;B;C;=1",
        ";;=1",
        "\0=1",
    ],
)
def test_what_a_spreadsheet_could_evaluate_is_marked_as_text(text: str) -> None:
    cell = safe_cell(text)
    assert cell != text
    assert original_text(cell) == text


@pytest.mark.parametrize(
    "text", ["-5", "-12.50", "-1e5", "12", "2026-11-28", "a-b", "A = B", "x; y", "O'Neil", "a|b", ""]
)
def test_numbers_and_ordinary_words_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text == original_text(text)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(rows=st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=3))
@example(rows=[["x", 'A;"=1+1"']])
@example(rows=[["A;=1+1"], ["two\n=lines", "x"]])
def test_no_field_is_a_formula_whatever_separates_the_fields(delimiter: str, rows: list[list[str]]) -> None:
    written = io.StringIO(newline="")
    # A number in front could be joined with what follows it; no export begins with a column of numbers.
    csv.writer(written).writerows([["id", *map(safe_cell, row)] for row in rows])
    for parsed in csv.reader(io.StringIO(written.getvalue(), newline=""), delimiter=delimiter):
        assert not [field for field in parsed if is_formula(field)]


@given(TEXTS)
@example("'=1")
@example("''-5")
@example("'\t'=1")
def test_a_cell_becomes_the_text_again(text: str) -> None:
    assert original_text(safe_cell(text)) == text


def test_a_long_cell_of_blanks_takes_no_longer_than_its_length_asks() -> None:
    """Time that grows with the square would take hours for a cell of the largest size."""
    for text in (
        "\t" * 30_000,
        "'" * 30_000,
        ";" * 30_000,
        "\t" * 30_000 + "=",
        "=\t" * 10_000,
        ";=" * 10_000,
    ):
        assert original_text(safe_cell(text)) == text
