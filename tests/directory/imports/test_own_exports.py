"""What Usher writes as CSV, it reads as it was."""

from datetime import date

import pytest

from usher.directory.imports.reading import read_file
from usher.directory.imports.rows import Row, RowReader
from usher.web.csv_export import csv_lines

NAMES = ["=1+1", "A;=1+1", "-Ann", "'=quoted", "Ann; Kay", "@ann", '"=Ann"', "＝wide"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_looks_like_a_formula_survives_export_and_import(name: str) -> None:
    record = {"Employee ID": "E1", "Name": name, "Work email": "ann@example.com"}
    content = "".join(csv_lines(list(record), [record])).encode()
    rows = [
        row for row in RowReader(read_file(content, {}), date(2026, 11, 28)).rows() if isinstance(row, Row)
    ]
    assert [row.record.name for row in rows] == [name]
