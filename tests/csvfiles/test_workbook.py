"""A workbook may be made to take all memory, by malice or by a stray cell: it is refused, and Usher goes on."""

import io
import zipfile

import openpyxl
import pytest

from usher.csvfiles import workbook
from usher.csvfiles.problems import UnreadableFile
from usher.csvfiles.table import open_table

AGAIN = "Export it again."


def is_known(name: str) -> bool:
    return name.lower() in {"email", "status"}


def people(*more: tuple[str, object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet
    for row in (("Email", "Status"), ("ada@example.com", "Active"), ("bo@example.com", "Terminated")):
        sheet.append(row)
    for place, value in more:
        sheet[place] = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(content: bytes) -> list[list[str]]:
    return [row.cells for row in open_table(content, is_known, AGAIN).rows()]


def test_a_stray_cell_near_by_does_no_harm() -> None:
    assert read(people(("A5000", " "))) == [["ada@example.com", "Active"], ["bo@example.com", "Terminated"]]


@pytest.mark.parametrize("place", ["XFD1048576", "XFD60000"])
def test_a_stray_cell_far_away_is_refused_with_what_to_do(place: str) -> None:
    with pytest.raises(UnreadableFile, match="far below or to the right") as refused:
        read(people((place, " ")))
    assert "Delete the rows below the table" in refused.value.remedy


def test_a_hidden_sheet_is_not_read_and_keeps_nobody_from_the_others() -> None:
    book = openpyxl.load_workbook(io.BytesIO(people()))
    hidden = book.create_sheet("Lists")
    hidden["A1"], hidden["XFD1048576"] = "Status", " "
    hidden.sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    assert read(file.getvalue()) == [["ada@example.com", "Active"], ["bo@example.com", "Terminated"]]


def test_a_small_file_that_unpacks_to_gigabytes_is_refused() -> None:
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(people())) as whole,
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
    ):
        for name in whole.namelist():
            if not name.endswith("sheet1.xml"):
                made.writestr(name, whole.read(name))
        with made.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<worksheet><sheetData><row><c t="str"><v>')
            for _ in range(2_500):
                sheet.write(b"x" * 1_000_000)
            sheet.write(b"</v></c></row></sheetData></worksheet>")
    assert len(bomb.getvalue()) < 20_000_000
    with pytest.raises(UnreadableFile, match="too much memory or time"):
        read(bomb.getvalue())


def test_a_reader_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "READER_SECONDS", 0.01)
    with pytest.raises(UnreadableFile, match="too much memory or time"):
        read(people())


def test_columns_and_lines_are_counted_from_the_first_of_the_sheet() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet
    for place, value in (("C4", "Email"), ("D4", "Status"), ("C5", "ada@example.com"), ("D5", "Active")):
        sheet[place] = value
    file = io.BytesIO()
    book.save(file)
    table = open_table(file.getvalue(), is_known, AGAIN)
    assert (table.header_line, table.headers) == (4, ["Column A", "Column B", "Email", "Status"])
    assert [(row.line, row.cells) for row in table.rows()] == [(5, ["", "", "ada@example.com", "Active"])]
