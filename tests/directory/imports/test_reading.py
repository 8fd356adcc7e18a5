"""What files of HR systems and identity providers say, in whatever form they come."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from usher.csvfiles.problems import UnreadableFile
from usher.directory.employees.records import EmployeeRecord, LeftOut, Row
from usher.directory.imports.reading import read_file
from usher.directory.imports.rows import RowReader

TODAY = date(2026, 11, 20)


def read(content: str | bytes, **chosen: str) -> tuple[list[EmployeeRecord], list[str]]:
    """The employees, and why rows were left out."""
    data = content.encode() if isinstance(content, str) else content
    rows = list(RowReader(read_file(data, chosen), TODAY).rows())
    return (
        [row.record for row in rows if isinstance(row, Row)],
        [row.why for row in rows if isinstance(row, LeftOut)],
    )


def columns(header: str) -> dict[str, str]:
    form = read_file(f"{header}\n{','.join('x' for _ in header.split(','))}".encode())
    return {field.value: columns[0] for field, columns in form.columns.items()}


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
                "termination": "Termination Date",
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
                "termination": "Termination Date",
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
                "account": "accountEnabled",
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
        ("PASSWORD_EXPIRED", "", True, None),
        ("Parental leave", "2026-10-16", True, None),
        ("Garden leave", "2026-12-31", True, date(2026, 12, 31)),
        ("Active", "2024-01-31", True, None),
        ("Terminated", "0000-00-00", False, None),
        ("Terminated", "46356", True, date(2026, 11, 30)),
        ("Active", "2026-11-30-08:00", True, date(2026, 11, 30)),
        ("Active", "2026-11-30T00:00:00.0000000+05:30", True, date(2026, 11, 30)),
        ("Terminated", "03/31/98", False, date(1998, 3, 31)),
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
        ("ada,Active,", "“ada” is not an e-mail address."),
        (",Active,", "There is neither an e-mail address nor an employee ID."),
        ("ada@acme.example,Active,,", "The line has 4 cells, the header has 3, so they are shifted."),
        ("Kehl, Ada,ada@acme.example,Active,", "The line has 5 cells, the header has 3"),
    ],
)
def test_what_cannot_be_understood_is_left_out_with_the_reason(row: str, why: str) -> None:
    records, reasons = read(f"Email,Status,Last Day\n{row}\nbo@acme.example,Active,\n")
    assert [each.email for each in records] == ["bo@acme.example"]
    assert reasons[0].startswith(why)


def test_cells_missing_at_the_end_of_a_row_are_blank() -> None:
    [ada], why = read("Email,Status,Last Day\nada@acme.example,Active\n")
    assert (ada.is_active, ada.last_day, why) == (True, None, [])


def items_of(content: bytes, **chosen: str) -> dict[str, str]:
    """What a file asks, and the option that answers it."""
    return {i.key: i.option for question in read_file(content, chosen).questions for i in question.items}


@pytest.mark.parametrize("status", ["Suspended", "DEPROVISIONED", "Gone fishing"])
def test_a_status_that_does_not_say_that_somebody_left_is_asked_for(status: str) -> None:
    content = f"Email,Status\na@b.example,{status}\nc@d.example,Active\ne@f.example,{status}".encode()
    [question] = read_file(content).questions
    [item] = question.items
    assert (item.key, item.count) == (f"status:{status.casefold()}", 2)
    assert item.examples == ("a@b.example", "e@f.example")


def test_one_date_decides_how_all_are_read() -> None:
    head = "Email,Last Day\nada@acme.example,03/04/2027\n"
    assert list(items_of(head.encode())) == ["date_order"]
    [ada, _], _ = read(f"{head}bo@acme.example,25/12/2026\n")
    assert ada.last_day == date(2027, 4, 3)
    [ada, _], _ = read(f"{head}bo@acme.example,12/25/2026\n")
    assert ada.last_day == date(2027, 3, 4)


def test_dates_that_contradict_each_other_are_asked_about() -> None:
    head = "Email,Last Day\nada@acme.example,25/12/2026\n"
    assert list(items_of(f"{head}cy@acme.example,12/25/2026\n".encode())) == ["date_order"]
    most = "".join(f"p{n}@acme.example,{n + 13}/12/2026\n" for n in range(15))
    assert list(items_of(f"{head}{most}cy@acme.example,12/25/2026\n".encode())) == [
        "unreadable_days:last_day"
    ]


def test_days_that_cannot_be_read_are_asked_about_once_and_nobody_is_lost() -> None:
    content = b"Email,Status,Last Day\nada@acme.example,Terminated,soon\nbo@acme.example,Active,2026-02-30\n"
    assert list(items_of(content)) == ["unreadable_days:last_day"]
    answer = {"unreadable_days:last_day": "none"}
    assert items_of(content, **answer) == {}
    [ada, bo], why = read(content, **answer)
    assert (ada.is_active, bo.is_active, why) == (False, True, [])


def test_a_file_that_cannot_say_who_left_is_not_read_as_all_work_here() -> None:
    content = b"Email,Department\nada@acme.example,Sales\n"
    assert list(items_of(content)) == ["no_status"]
    assert items_of(content, no_status="all_here") == {}


def test_a_switched_off_account_is_asked_about_by_column() -> None:
    content = (
        b"primaryEmail,suspended,archived\nada@acme.example,True,False\nbo@acme.example,False,True\n"
        b"cy@acme.example,False,False\n"
    )
    assert list(items_of(content)) == ["account:suspended", "account:archived"]
    answers = {"account:suspended": "sign_in_off", "account:archived": "left"}
    records, _ = read(content, **answers)
    assert [each.is_active for each in records] == [True, False, True]


def test_bits_of_active_directory_never_say_works_here_unasked() -> None:
    head = b"mail,userAccountControl,accountExpires\n"
    content = head + b"ada@acme.example,512,0\nbo@acme.example,514,9223372036854775807\n"
    assert list(items_of(content)) == ["account:userAccountControl"]
    records, _ = read(content, **{"account:userAccountControl": "left"})
    assert [each.is_active for each in records] == [True, False]


def test_the_day_of_a_notice_is_no_last_day() -> None:
    content = "E-Mail;Status;Kündigungsdatum;Vertragsende\nada@acme.example;Aktiv;01.11.2026;\n"
    content += "bo@acme.example;Inaktiv;30.06.2026;30.09.2026\ncy@acme.example;Aktiv;;31.10.2026\n"
    [ada, bo, cy], _ = read(content.encode("cp1252"))
    assert (ada.is_active, ada.last_day) == (True, None)
    assert (bo.is_active, bo.last_day) == (False, date(2026, 9, 30))
    assert (cy.is_active, cy.last_day) == (True, None)


def test_who_was_hired_again_works_here_beside_an_old_last_day() -> None:
    content = "Email,Status,Start Date,Termination Date\nada@acme.example,Active,2026-11-16,2026-11-11\n"
    [ada], _ = read(content)
    assert (ada.is_active, ada.last_day) == (True, None)


def test_titles_above_and_totals_below_are_no_employees() -> None:
    content = (
        'Headcount report,,\n"Run on 25-Nov-2026, all cost centers",,\n,,\nEmployee ID,Work Email,Status\n'
        "701,ada@acme.example,Active\n702,bo@acme.example,Terminated\nSubtotal Ops,2,\nTotal,2,\n"
        "Generated on 2026-11-25 by reports@acme.example,,\n"
    )
    records, why = read(content)
    assert [(each.external_id, each.is_active) for each in records] == [("701", True), ("702", False)]
    assert why == []
    assert [line for line, _ in read_file(content.encode()).notes] == [7, 8, 9]


def test_powershells_type_line_and_class_names_are_no_data() -> None:
    content = (
        "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\n"
        '"mail","Enabled","Manager","proxyAddresses","DistinguishedName"\n'
        '"ada@acme.example","True","","Microsoft.ActiveDirectory.Management.ADPropertyValueCollection",'
        '"CN=Lee\\, Ada,DC=x"\n'
        '"bo@acme.example","True","CN=Lee\\, Ada,DC=x","","CN=Bo,DC=x"\n'
    )
    [ada, bo], _ = read(content.encode("utf-16"))
    assert (ada.other_addresses, bo.manager) == ((), "ada@acme.example")


def test_a_workbook_is_read_as_a_csv_is() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Headcount"])
    sheet.append(["Employee ID", "Email", "Status", "Last Day"])
    sheet.append(["007", "ada@acme.example", "Terminated", date(2026, 10, 31)])
    book.create_sheet("Notes").append(["nothing of use"])
    file = io.BytesIO()
    book.save(file)
    [ada], why = read(file.getvalue())
    assert (ada.external_id, ada.is_active, ada.last_day, why) == ("007", False, date(2026, 10, 31), [])
    with pytest.raises(UnreadableFile, match="no sheet “Other”"):
        read(file.getvalue(), sheet="Other")


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
    assert list(items_of(f"Email,Status\n{rows}".encode())) == ["no_status"]
    with pytest.raises(UnreadableFile, match="not a status"):
        read(f"Email,Status\n{rows}", status="Status")


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_text_is_taken_for_a_leaver(status: str, last_day: str) -> None:
    cells = [f'"{cell}"' for cell in (status.replace('"', ""), last_day.replace('"', ""))]
    content = f"Email,Status,Last Day\nada@acme.example,{','.join(cells)}\n".encode("utf-8", "ignore")
    try:
        form = read_file(content)
    except UnreadableFile:
        return
    for row in RowReader(form, TODAY).rows():
        if isinstance(row, Row) and not row.record.is_active:
            assert form.statuses[next(iter(form.statuses))] == "left"
