"""What files of HR systems and identity providers say, in whatever form they come."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.csvfiles.problems import UnreadableFile
from usher.directory.employees.records import EmployeeRecord, LeftOut, Row
from usher.directory.imports.read import layout_of_file, read_rows

TODAY = date(2026, 11, 20)


def read(content: str | bytes, **chosen: str) -> tuple[list[EmployeeRecord], list[str]]:
    """The employees, and why rows were left out."""
    data = content.encode() if isinstance(content, str) else content
    rows = list(read_rows(data, layout_of_file(data, chosen), TODAY))
    return (
        [row.record for row in rows if isinstance(row, Row)],
        [row.why for row in rows if isinstance(row, LeftOut)],
    )


def columns(header: str) -> dict[str, str]:
    form = layout_of_file(f"{header}\n{','.join('x' for _ in header.split(','))}".encode())
    return {field.value: column for field, column in form.columns.items()}


@pytest.mark.parametrize(
    ("system", "header", "expected"),
    [
        (
            "Workday",
            "Employee ID,Worker,Email - Primary Work,Worker Type,Worker Status,Termination Date,Manager",
            {
                "external_id": "Employee ID",
                "name": "Worker",
                "email": "Email - Primary Work",
                "kind": "Worker Type",
                "status": "Worker Status",
                "last_day": "Termination Date",
                "manager": "Manager",
            },
        ),
        (
            "BambooHR",
            "Employee #,First Name,Last Name,Work Email,Home Email,Status,Department,Reporting to,Termination Date",
            {
                "external_id": "Employee #",
                "first_name": "First Name",
                "last_name": "Last Name",
                "email": "Work Email",
                "status": "Status",
                "department": "Department",
                "manager": "Reporting to",
                "last_day": "Termination Date",
            },
        ),
        (
            "Okta",
            "login,email,secondEmail,firstName,lastName,displayName,employeeNumber,department,managerId,status",
            {
                "email": "email",
                "other_addresses": "secondEmail",
                "first_name": "firstName",
                "last_name": "lastName",
                "name": "displayName",
                "external_id": "employeeNumber",
                "department": "department",
                "manager": "managerId",
                "status": "status",
            },
        ),
        (
            "Entra ID",
            "userPrincipalName,displayName,mail,proxyAddresses,employeeId,accountEnabled,employeeType,employeeLeaveDateTime",
            {
                "email": "mail",
                "name": "displayName",
                "other_addresses": "proxyAddresses",
                "external_id": "employeeId",
                "status": "accountEnabled",
                "kind": "employeeType",
                "last_day": "employeeLeaveDateTime",
            },
        ),
        (
            "Google Workspace",
            "First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY],Manager Email",
            {
                "first_name": "First Name [Required]",
                "last_name": "Last Name [Required]",
                "email": "Email Address [Required]",
                "status": "Status [READ ONLY]",
                "manager": "Manager Email",
            },
        ),
        (
            "Personio",
            "Personalnummer,Vorname,Nachname,E-Mail-Adresse,Status,Abteilung,Vorgesetzter,Letzter Arbeitstag",
            {
                "external_id": "Personalnummer",
                "first_name": "Vorname",
                "last_name": "Nachname",
                "email": "E-Mail-Adresse",
                "status": "Status",
                "department": "Abteilung",
                "manager": "Vorgesetzter",
                "last_day": "Letzter Arbeitstag",
            },
        ),
    ],
)
def test_the_columns_of_an_export_are_recognised(system: str, header: str, expected: dict[str, str]) -> None:
    assert columns(header) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_encoding_and_delimiter_is_read(encoding: str, delimiter: str) -> None:
    lines = [["Email", "Name"], ["jo@acme.example", "Jörg Müller"]]
    content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    [jo], _ = read(content)
    assert (jo.email, jo.name) == ("jo@acme.example", "Jörg Müller")


@pytest.mark.parametrize(
    ("status", "last_day", "is_active", "expected"),
    [
        ("Active", "", True, None),
        ("", "", True, None),
        ("On Leave", "", True, None),
        ("Terminated", "", False, None),
        ("DEPROVISIONED", "", False, None),
        ("ausgeschieden", "31.10.2026", False, date(2026, 10, 31)),
        ("Terminated", "2026-12-31", True, date(2026, 12, 31)),
        ("Active", "2026-11-20", True, date(2026, 11, 20)),
        ("Active", "2026-11-10", True, date(2026, 11, 10)),
        ("", "2020-01-31", True, date(2020, 1, 31)),
        ("Active", "9999-12-31", True, None),
        ("Active", "31.12.2099", True, None),
        ("Terminated", "1998-03-31", False, date(1998, 3, 31)),
        ("false", "", False, None),
        ("TRUE", "", True, None),
    ],
)
def test_status_and_last_day_together_say_who_works_here(
    status: str, last_day: str, is_active: bool, expected: date | None
) -> None:
    [ada], why = read(f"Email,Status,Last Day\nada@acme.example,{status},{last_day}\n")
    assert (ada.is_active, ada.last_day, why) == (is_active, expected, [])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("ada@acme.example,Suspended,", "Rows with the status “Suspended” are ignored."),
        ("ada@acme.example,Active,2024-01-31", "The status is “Active”, but the last day was 2024-01-31"),
        ("ada@acme.example,Active,soon", "The last day “soon” is not a date"),
        ("ada@acme.example,Active,2026-02-30", "The last day “2026-02-30” is not a valid date"),
        ("ada,Active,", "“ada” is not an e-mail address."),
        (",Active,", "There is neither an e-mail address nor an employee ID."),
        ("ada@acme.example,Active", "The line has 2 cells, but the first line has 3."),
    ],
)
def test_what_cannot_be_understood_is_left_out_with_the_reason(row: str, why: str) -> None:
    records, reasons = read(f"Email,Status,Last Day\n{row}\nbo@acme.example,Active,\n")
    assert [each.email for each in records] == ["bo@acme.example"]
    assert reasons[0].startswith(why)


def test_a_status_that_is_not_known_is_asked_for() -> None:
    form = layout_of_file(b"Email,Status\na@b.example,Suspended\nc@d.example,Active\ne@f.example,Suspended")
    assert form.unknown_statuses == {"Suspended": 2}
    assert form.has_questions


def test_one_date_decides_how_all_are_read() -> None:
    head = "Email,Last Day\nada@acme.example,03/04/2027\n"
    assert layout_of_file(head.encode()).unclear_date == "03/04/2027"
    [ada, _], _ = read(f"{head}bo@acme.example,25/12/2026\n")
    assert ada.last_day == date(2027, 4, 3)
    [ada, _], _ = read(f"{head}bo@acme.example,12/25/2026\n")
    assert ada.last_day == date(2027, 3, 4)
    with pytest.raises(UnreadableFile, match="in the opposite order"):
        read(f"{head}bo@acme.example,25/12/2026\ncy@acme.example,12/25/2026\n")


def test_entras_addresses_lose_their_prefix() -> None:
    [ada], _ = read(
        "mail,proxyAddresses\nada@acme.example,SMTP:ada@acme.example;smtp:al@acme.example;X500:/o=x\n"
    )
    assert ada.other_addresses == ("al@acme.example",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Employee", "employee"),
        ("Contingent Worker", "contractor"),
        ("Contractor", "contractor"),
        ("extern", "contractor"),
        ("Regular", "employee"),
        ("", "employee"),
    ],
)
def test_contractors_are_told_apart(text: str, kind: str) -> None:
    [ada], _ = read(f"Email,Worker Type\nada@acme.example,{text}\n")
    assert ada.kind == kind


def test_a_column_that_was_chosen_is_taken() -> None:
    [ada], _ = read("Login,Email\nal@acme.example,ada@acme.example\n", email="Login")
    assert ada.email == "al@acme.example"
    [ada], _ = read("Email,Department\nada@acme.example,Sales\n", department="")
    assert ada.department == ""


def test_a_column_with_a_value_for_each_row_is_no_status() -> None:
    rows = "\n".join(f"p{n}@acme.example,word {n}" for n in range(60))
    with pytest.raises(UnreadableFile, match="not a status"):
        read(f"Email,Status\n{rows}")


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_text_is_taken_for_a_leaver(status: str, last_day: str) -> None:
    cells = [f'"{cell}"' for cell in (status.replace('"', ""), last_day.replace('"', ""))]
    content = f"Email,Status,Last Day\nada@acme.example,{','.join(cells)}\n".encode("utf-8", "ignore")
    try:
        form = layout_of_file(content)
    except UnreadableFile:
        return
    for row in read_rows(content, form, TODAY):
        if isinstance(row, Row) and not row.record.is_active:
            assert form.statuses[next(iter(form.statuses))] == "left"
