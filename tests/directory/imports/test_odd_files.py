"""Files that nobody meant to be read: read right, or asked about once, or refused for the true reason."""

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from usher.csvfiles.problems import UnreadableFile
from usher.directory.employees.records import EmployeeRecord, LeftOut, Row
from usher.directory.imports.questions import Item
from usher.directory.imports.reading import read_file
from usher.directory.imports.rows import RowReader

TODAY = date(2026, 11, 25)


def items(content: str | bytes, **answers: str) -> dict[str, Item]:
    reading = read_file(_bytes(content), _answers(answers))
    return {item.key: item for question in reading.questions for item in question.items}


def people(content: str | bytes, **answers: str) -> list[EmployeeRecord]:
    """Those whom the file lists, once nothing is open; a row that is left out fails the test."""
    reading = read_file(_bytes(content), _answers(answers))
    assert not reading.questions, reading.questions
    rows = list(RowReader(reading, TODAY).rows())
    assert not [row for row in rows if isinstance(row, LeftOut)]
    return [row.record for row in rows if isinstance(row, Row)]


def gone(content: str | bytes, **answers: str) -> list[bool]:
    return [
        not each.is_active or (each.last_day is not None and each.last_day < TODAY)
        for each in people(content, **answers)
    ]


def a_workbook(*sheets: tuple[str, str, list[list[object]]]) -> bytes:
    """Each: title, state, rows."""
    book, file = Workbook(), io.BytesIO()
    assert book.active is not None
    book.remove(book.active)
    for title, state, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    book.save(file)
    return file.getvalue()


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _answers(answers: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", ":"): answer for key, answer in answers.items()}


# Shapes


def test_of_two_header_lines_the_one_with_the_columns_counts() -> None:
    content = "Personal,,Employment,\nName,Email,Status,End Date\nAnn,ann@x.example,Terminated,2026-01-31\n"
    assert gone(content) == [True]


def test_a_second_header_line_in_other_words_is_no_employee() -> None:
    content = "STATUS,USERID,EMAIL\nStatus,User ID,Email Address\nactive,17,ann@x.example\nTerminated,18,bo@x.example\n"
    assert [each.external_id for each in people(content)] == ["17", "18"]


def test_the_header_repeated_on_each_page_is_no_employee() -> None:
    page = "Employee ID,Email,Status\n1,ann@x.example,Active\n"
    assert len(people(page + page.replace("1,ann", "2,bo"))) == 2


def test_without_a_header_the_columns_are_called_by_their_letters() -> None:
    content = "ann@x.example,Ann,Active\nbo@x.example,Bo,Terminated\n"
    assert list(items(content)) == ["state_column"]
    assert gone(content, state_column="Column C") == [False, True]


def test_people_called_as_a_total_is_are_no_totals() -> None:
    content = (
        "Last Name,First Name,Employee ID,Status\nPage,Ann,17,Active\nCount,Bo,18,Terminated\nTotal,2,,\n"
    )
    assert gone(content) == [False, True]


def test_a_column_below_a_blank_header_is_no_shift() -> None:
    assert gone("Email,Status,\nann@x.example,Active,note\nbo@x.example,Terminated,note\n") == [False, True]


def test_a_summary_is_asked_about_by_its_columns() -> None:
    asked = items("Row Labels,Count of Employee ID\nSales,12\nIT,4\nGrand Total,16\n")
    assert "key_column" in asked
    assert "--map email" in asked["key_column"].option


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
def test_the_line_that_names_the_delimiter_is_no_title(line: str) -> None:
    assert gone(f"{line}\r\nEmail;Status\r\nann@x.example;Terminated\r\n") == [True]


def test_stray_quotation_marks_are_part_of_the_text() -> None:
    content = 'Email,Name,Status\nann@x.example,"Ann" Kay,Active\nbo@x.example,Bo "the" Lee,Terminated\n'
    assert [each.name for each in people(content)] == ["Ann Kay", 'Bo "the" Lee']


def test_a_quotation_mark_that_swallows_lines_is_refused_with_its_line() -> None:
    with pytest.raises(UnreadableFile, match="Line 2: A quotation mark"):
        read_file(b'Email,Name,Status\nann@x.example,"Ann,Active\nbo@x.example,Bo,Terminated\n')


def test_characters_that_nobody_sees_do_not_matter() -> None:
    assert gone(
        "\u200eEmail,Status,Last\u00a0Day\nann@x.example\u200b,Terminated\u00a0,\u200e30.10.2026\n"
    ) == [True]


def test_addresses_in_angle_brackets_and_links_are_addresses() -> None:
    content = "Email,Status\nAnn Kay <ann@x.example>,Active\nmailto:bo@x.example,Active\n"
    assert [each.email for each in people(content)] == ["ann@x.example", "bo@x.example"]


def test_names_without_quotation_marks_shift_all_cells_and_the_refusal_says_so() -> None:
    rows = "".join(f"Kay, Ann,p{n}@x.example,Active,\n" for n in range(20))
    content = f"Name,Email,Status,Last Day\n{rows}Lee, Bo,bo@x.example,Terminated,2026-10-31\n"
    with pytest.raises(UnreadableFile, match=r"what belongs below “Email” stands below “Status”"):
        read_file(content.encode())


def test_how_a_column_is_to_be_filled_in_is_no_part_of_its_name_and_tells_the_order() -> None:
    head = "E-mail (required),Status,Termination Date"
    assert [
        people(f"{head} ({hint})\nann@x.example,Active,03/12/2026\n")[0].last_day
        for hint in ("DD/MM/YYYY", "MM/DD/YYYY")
    ] == [date(2026, 12, 3), None]


def test_numbers_that_a_spreadsheet_is_to_keep_as_text_are_read() -> None:
    [ann] = people('ID,Email,Status\n"=""00123""",ann@x.example,Active\n')
    assert ann.external_id == "00123"


# Files of another kind


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html><table><tr><td>Email</td></tr></table></html>", "web page"),
        (b'<?xml version="1.0"?><Workbook></Workbook>', "XML"),
        (b'{"value": [{"mail": "ann@x.example"}]}', "JSON"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x1f\x8b\x08\x00", "compressed archive"),
        (b"PK\x03\x04cut off", "cut off"),
        (b"", "empty"),
    ],
)
def test_the_reason_of_a_refusal_is_the_true_one(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason) as refused:
        read_file(content)
    assert refused.value.remedy


def test_an_archive_says_what_is_in_it() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("people.csv", "Email\nann@x.example")
    with pytest.raises(UnreadableFile, match=r"ZIP archive. It holds “people.csv”"):
        read_file(file.getvalue())


HEADER: list[object] = ["Name", "Email", "Status", "Last day"]
ANN: list[object] = ["Ann", "ann@x.example", "Active", None]
BO: list[object] = ["Bo", "bo@x.example", "Terminated", date(2026, 1, 31)]


def test_a_hidden_sheet_is_not_read() -> None:
    old: list[object] = ["Ann", "ann@x.example", "Terminated", date(2025, 1, 1)]
    assert gone(a_workbook(("Old", "hidden", [HEADER, old]), ("Now", "visible", [HEADER, ANN]))) == [False]


def test_of_several_lists_in_a_workbook_a_person_chooses_one() -> None:
    content = a_workbook(("Active", "visible", [HEADER, ANN]), ("Leavers", "visible", [HEADER, BO]))
    assert [value for value, _ in items(content)["sheet"].choices] == ["Active", "Leavers"]
    assert gone(content, sheet="Leavers") == [True]


def test_days_that_a_spreadsheet_may_have_swapped_are_asked_about() -> None:
    bo: list[object] = ["Bo", "bo@x.example", "Terminated", "10/31/2026"]
    ann: list[object] = ["Ann", "ann@x.example", "Active", date(2026, 5, 12)]
    content = a_workbook(("A", "visible", [HEADER, ann, bo]))
    assert list(items(content)) == ["mixed_days:last_day"]
    assert people(content, mixed_days__last_day="swapped")[0].last_day == date(2026, 12, 5)
    assert gone(content, mixed_days__last_day="numbers") == [False, True]


# Words


@pytest.mark.parametrize(
    ("yes", "no"), [("Yes", "No"), ("1", "0"), ("Y", "N"), ("Wahr", "Falsch"), ("Oui", "Non"), ("Sí", "No")]
)
def test_a_column_called_active_says_it_by_yes_and_no(yes: str, no: str) -> None:
    assert gone(f"Email,Active\nann@x.example,{yes}\nbo@x.example,{no}\n") == [False, True]


def test_a_mark_for_those_who_are_active_leaves_the_others_to_be_asked_about() -> None:
    content = "Email,Active\nann@x.example,x\nbo@x.example,\n"
    assert set(items(content)) == {"status:x", "status:"}
    assert gone(content, status__x="here", status__="left") == [False, True]


@pytest.mark.parametrize("header", ["Terminated", "Leaver", "Inactive", "Ausgeschieden"])
def test_yes_in_a_column_about_leaving_is_asked_about_and_never_works_here(header: str) -> None:
    content = f"Email,Status,{header}\nann@x.example,Active,No\nbo@x.example,Active,Yes\n"
    assert list(items(content)) == [f"account:{header}"]
    assert gone(content, **{f"account__{header}": "left"}) == [False, True]


@pytest.mark.parametrize("words", [("F", "P", "T"), ("3", "0", "1"), ("A", "L", "R")])
def test_codes_are_asked_about(words: tuple[str, str, str]) -> None:
    rows = "".join(f"p{n}@x.example,{word}\n" for n, word in enumerate(words))
    asked = items(f"Email,Employment Status\n{rows}")
    assert list(asked) == [f"status:{word.casefold()}" for word in words]


def test_what_codes_are_proposed_to_mean_depends_on_an_a_for_active() -> None:
    assert items("Email,Status\na@x.example,T\nb@x.example,P\n")["status:t"].proposal == "here"
    assert items("Email,Status\na@x.example,T\nb@x.example,A\n")["status:t"].proposal == "left"


@pytest.mark.parametrize(
    ("word", "proposal"),
    [("DEPROVISIONED", "left"), ("Suspended", "sign_in_off"), ("Gone fishing", "here"), ("10", "here")],
)
def test_what_is_proposed_for_a_word_that_is_not_known(word: str, proposal: str) -> None:
    asked = items(f"Email,Status\nann@x.example,Active\nbo@x.example,{word}\n")
    assert {key: item.proposal for key, item in asked.items()} == {f"status:{word.casefold()}": proposal}


def test_what_is_proposed_for_an_account_depends_on_what_is_known_of_it() -> None:
    asked = items("Email,state\na@x.example,ACTIVATED\nb@x.example,SUSPENDED\nc@x.example,FROZEN\n")
    assert {key: item.proposal for key, item in asked.items()} == {
        "account:state": "left",
        "account:state:frozen": "sign_in_off",
    }


def test_inactive_beside_terminated_is_asked_about() -> None:
    content = "Email,Status\nann@x.example,Active\nbo@x.example,Inactive\ncy@x.example,Terminated\n"
    assert list(items(content)) == ["status:inactive"]
    assert gone(content, status__inactive="on_leave") == [False, False, True]


@pytest.mark.parametrize("others", ["Married", "Single"])
def test_a_marital_status_makes_no_leaver(others: str) -> None:
    content = f"Email,Status\nann@x.example,{others}\nbo@x.example,Separated\n"
    assert items(content)["status:separated"].proposal == "here"
    beside = f"Email,Status,Employment Status\nann@x.example,{others},Active\nbo@x.example,Separated,Active\n"
    assert gone(beside) == [False, False]


def test_a_state_of_the_country_is_no_state_of_an_account() -> None:
    content = "Email,State,accountEnabled\nann@x.example,Texas,True\nbo@x.example,Ohio,False\n"
    assert list(items(content)) == ["account:accountEnabled"]


def test_a_column_that_looks_like_a_status_is_asked_about() -> None:
    content = "Email,Zustand\nann@x.example,aktiv\nbo@x.example,ausgeschieden\n"
    assert list(items(content)) == ["state_column"]
    assert gone(content, state_column="Zustand") == [False, True]
    assert list(items(content, state_column="none")) == ["no_status"]


def test_a_kind_of_employment_is_no_status() -> None:
    assert list(items("Email,Status\nann@x.example,Full-Time\nbo@x.example,Part-Time\n")) == ["no_status"]
    assert gone("Email,Status,End Date\nann@x.example,Full-Time,\nbo@x.example,Temp,2024-01-31\n") == [
        False,
        True,
    ]


def test_garden_leave_after_the_last_day_is_seen_as_a_contradiction() -> None:
    [ann] = people(
        "Email,Lifecycle status,Last day of work,Termination date\nann@x.example,Garden leave,2026-11-15,2026-12-31\n"
    )
    assert [kind for kind, _ in ann.remarks] == ["last_days_disagree"]


# Days


@pytest.mark.parametrize(
    "day",
    ["20261130", "30.11.26", "2026年11月30日", "令和8年11月30日", "46356,5", "2026-Nov-30", "Nov-30-2026"],
)
def test_a_day_is_read_in_many_forms(day: str) -> None:
    [ann] = people(f'Email;Status;Last day\nann@x.example;Active;"{day}"\n')
    assert ann.last_day == date(2026, 11, 30)


def test_months_without_a_day_are_asked_about() -> None:
    content = "Email,Status,Last day\nann@x.example,Terminated,Nov-26\nbo@x.example,Active,Dec-26\n"
    assert list(items(content)) == ["month_days:last_day"]
    assert [each.last_day for each in people(content, month_days__last_day="month_end")] == [
        date(2026, 11, 30),
        date(2026, 12, 31),
    ]


def test_years_of_the_buddhist_calendar_are_asked_about_and_never_read_as_no_day() -> None:
    content = "Email,Status,Last day\nann@x.example,Terminated,31/10/2569\nbo@x.example,Active,1/12/2569\n"
    assert items(content)["buddhist_days:last_day"].proposal == "buddhist"
    assert [each.last_day for each in people(content, buddhist_days__last_day="buddhist")] == [
        date(2026, 10, 31),
        date(2026, 12, 1),
    ]


@pytest.mark.parametrize("header", ["Leave Date", "Employment > Termination Date", "Data zwolnienia"])
def test_a_column_that_may_hold_last_days_is_asked_about(header: str) -> None:
    content = f"Email,Birth date,{header}\nann@x.example,1990-01-01,\nbo@x.example,1980-01-01,2026-01-31\n"
    assert list(items(content)) == ["day_column"]
    assert gone(content, day_column=header) == [False, True]
    assert list(items(content, day_column="none")) == ["no_status"]


@pytest.mark.parametrize("text", ["Present", "open-ended", "unbefristet", "#N/A", "tbd"])
def test_words_for_no_day_are_no_day(text: str) -> None:
    content = f"Email,Status,End Date\nann@x.example,Active,{text}\nbo@x.example,Terminated,2026-01-31\n"
    assert [each.last_day for each in people(content)] == [None, date(2026, 1, 31)]


def test_a_japanese_export_is_read() -> None:
    content = (
        "社員番号,氏名,メールアドレス,在籍区分,退職日\n1,山田,ann@x.example,在籍,\n"
        "2,田中,bo@x.example,退職,令和8年10月31日\n3,鈴木,cy@x.example,休職,\n"
    )
    assert gone(content.encode("cp932")) == [False, True, False]


def test_the_later_of_two_columns_of_last_days_is_not_lost() -> None:
    content = "Email,Status,Exit Date,Last Working Day\nann@x.example,Active,2026-12-31,\n"
    content += "bo@x.example,Active,,2026-12-15\n"
    assert [each.last_day for each in people(content)] == [date(2026, 12, 31), date(2026, 12, 15)]
