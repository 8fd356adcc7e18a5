"""CSV files: safe to open in a spreadsheet, and read as they were written."""

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from usher.web.csv_export import csv_download, safe_cell

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@given(
    st.text() | st.sampled_from(STARTS_A_FORMULA).flatmap(lambda start: st.text().map(lambda t: start + t))
)
def test_no_cell_starts_as_a_formula_and_none_loses_a_character(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(STARTS_A_FORMULA)
    assert cell in (text, f"'{text}")
    assert (cell == text) == (not text.startswith(STARTS_A_FORMULA))


@given(
    st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=("Cs",))), min_size=1)
)
def test_what_is_written_is_read_again(texts: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerow([safe_cell(text) for text in texts])
    written.seek(0)
    (read,) = csv.reader(written)
    assert read == [safe_cell(text) for text in texts]


def test_a_download_names_its_file_by_what_it_holds_and_the_day() -> None:
    answer = csv_download("people", ["name"], [{"name": "=1+1"}])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="usher-people-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"]
    )
    assert b"".join(answer.streaming_content).decode("utf-8-sig") == "name\r\n'=1+1\r\n"
