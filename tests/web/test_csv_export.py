"""CSV files: read as they were written. How cells become safe: tests/csvfiles/test_spreadsheet_cells.py."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.spreadsheet_cells import safe_cell
from usher.web.csv_export import PART_CHARACTERS, csv_download


@given(
    st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=("Cs",))), min_size=1)
)
def test_what_is_written_is_read_again(texts: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerow([safe_cell(text) for text in texts])
    written.seek(0)
    (read,) = csv.reader(written)
    assert read == [safe_cell(text) for text in texts]


@pytest.mark.django_db  # whose statements may take longer while a file is written
def test_a_download_is_sent_in_parts_before_the_last_row_is_read() -> None:
    read = 0

    def records() -> Iterator[dict[str, str]]:
        nonlocal read
        for number in range(10_000):
            read += 1
            yield {"name": f"Person {number}"}

    parts = iter(csv_download("people", ["name"], records()).streaming_content)
    assert next(parts) == b"\xef\xbb\xbf"
    first = next(parts)
    assert PART_CHARACTERS <= len(first) < 2 * PART_CHARACTERS
    assert read < 2_000
    rest = list(parts)
    assert (first + b"".join(rest)).decode().splitlines()[-1] == "Person 9999"
    assert len(rest) < 15


@pytest.mark.django_db
def test_a_download_names_its_file_by_what_it_holds_and_the_day() -> None:
    answer = csv_download("people", ["name"], [{"name": "=1+1"}])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="usher-people-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"]
    )
    assert b"".join(answer.streaming_content).decode("utf-8-sig") == "name\r\n'=1+1\r\n"
