"""Files of people that were misread elsewhere: what Usher makes of them."""

import io
from datetime import date, timedelta

import msgspec
import pytest
from openpyxl import Workbook

from usher.directory.employees.records import EmployeeRecord, LeftOut, Row
from usher.directory.imports.reading import read_file
from usher.directory.imports.rows import RowReader

TODAY = date(2026, 11, 25)


class Said(msgspec.Struct, frozen=True):
    """What the file says of each person, by address, and what was asked before."""

    people: dict[str, EmployeeRecord]
    asked: list[str]
    left_out: list[str]
    notes: list[str]

    def of(self, name: str) -> tuple[str, date | None]:
        """“here”, “on leave”, “leaving” or “left”, and the last day."""
        person = self.people[f"{name}@example.com"]
        day = person.last_day
        if not person.is_active or (day is not None and day < TODAY):
            return "left", day
        if person.on_leave:
            return "on leave", day
        return ("leaving" if day else "here"), day

    def remarks(self, name: str) -> list[str]:
        return [kind for kind, _ in self.people[f"{name}@example.com"].remarks]


def read(content: str | bytes, **answers: str) -> Said:
    data = content.encode() if isinstance(content, str) else content
    asked = [item.key for question in read_file(data).questions for item in question.items]
    reading = read_file(data, {key.replace("__", ":"): answer for key, answer in answers.items()})
    assert not reading.questions, reading.questions
    rows = list(RowReader(reading, TODAY).rows())
    return Said(
        {row.record.email: row.record for row in rows if isinstance(row, Row)},
        asked,
        [row.why for row in rows if isinstance(row, LeftOut)],
        [text for _, text in reading.notes],
    )


def test_c01_zero_dates_are_no_days_and_both_statuses_count() -> None:
    said = read(
        "Employee #,First Name,Last Name,Work Email,Status,Employment Status,Hire Date,Termination Date\n"
        "11,Ana,Roth,ana@example.com,Active,Full-Time,2021-02-01,0000-00-00\n"
        "12,Ben,Sands,ben@example.com,Inactive,Terminated,2020-01-15,2026-10-31\n"
        "13,Cyd,Tran,cyd@example.com,Inactive,Terminated,2018-03-01,0000-00-00\n"
        "14,Dov,Ulm,dov@example.com,Active,Part-Time,0000-00-00,\n"
    )
    assert (said.asked, said.left_out) == ([], [])
    assert [said.of(each) for each in ("ana", "ben", "cyd", "dov")] == [
        ("here", None),
        ("left", date(2026, 10, 31)),
        ("left", None),
        ("here", None),
    ]


def test_c02_a_zone_beside_a_day_never_shifts_it() -> None:
    said = read(
        "Employee_ID,Worker,Primary_Work_Email,Worker_Status,Hire_Date,Termination_Date,Last_Day_of_Work\n"
        "1,Eve,eve@example.com,Terminated,2019-04-01-07:00,2026-11-30-08:00,2026-11-27-08:00\n"
        "2,Fay,fay@example.com,Active,2022-09-01Z,9999-12-31-08:00,\n"
        "3,Gil,gil@example.com,Terminated,2024-01-02+13:00,2026-06-30-07:00,2026-06-30-07:00\n"
    )
    assert [said.of(each) for each in ("eve", "fay", "gil")] == [
        ("leaving", date(2026, 11, 27)),
        ("here", None),
        ("left", date(2026, 6, 30)),
    ]


GAM = (
    "primaryEmail,name.fullName,suspended,archived,orgUnitPath\n"
    "hal@example.com,Hal,False,False,/Staff\nida@example.com,Ida,True,False,/Leavers\n"
    "jan@example.com,Jan,False,True,/Leavers\n"
)


def test_c05_a_suspended_account_is_asked_about_and_never_works_here_by_itself() -> None:
    said = read(GAM, account__suspended="left", account__archived="left")
    assert said.asked == ["account:suspended", "account:archived"]
    assert [said.of(each)[0] for each in ("hal", "ida", "jan")] == ["here", "left", "left"]
    said = read(GAM, account__suspended="sign_in_off", account__archived="left")
    assert (said.of("ida"), said.people["ida@example.com"].sign_in_off) == (("here", None), True)


def test_c05_a_list_of_suspended_people_alone_is_said_to_be_no_list_of_everybody() -> None:
    only = "\n".join(line for line in GAM.splitlines() if "False,False" not in line)
    [question] = read_file(only.replace("False,True", "True,False").encode()).questions
    assert "does not list all employees" in question.why


AD = (
    '"SamAccountName","DisplayName","UserPrincipalName","mail","Enabled","AccountExpirationDate","accountExpires",'
    '"userAccountControl","Manager","proxyAddresses","DistinguishedName"\n'
    '"ka","Kay, Ann","ann@example.com","ann@example.com","True","","9223372036854775807","512","",'
    '"Microsoft.ActiveDirectory.Management.ADPropertyValueCollection","CN=Kay\\, Ann,OU=Staff,DC=example,DC=com"\n'
    '"lb","Lee, Bob","bob@example.com","bob@example.com","False","","0","514",'
    '"CN=Kay\\, Ann,OU=Staff,DC=example,DC=com","","CN=Lee\\, Bob,OU=Off,DC=example,DC=com"\n'
    '"mc","May, Cat","cat@example.com","cat@example.com","True","11/14/2026 12:00:00 AM","134390880000000000","66048",'
    '"","","CN=May\\, Cat,OU=Staff,DC=example,DC=com"\n'
)


@pytest.mark.parametrize("first", ["", "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\n"])
def test_c07_active_directory_as_powershell_writes_it(first: str) -> None:
    said = read(f"{first}{AD}".encode("utf-16"), account__Enabled="left")
    assert said.asked == ["account:Enabled"]
    assert [said.of(each)[0] for each in ("ann", "bob", "cat")] == ["here", "left", "here"]
    assert said.remarks("cat") == ["account_expired"]
    assert said.people["bob@example.com"].manager == "ann@example.com"
    assert said.people["ann@example.com"].other_addresses == ()


def test_c07_bits_of_an_account_never_say_works_here_unasked() -> None:
    content = (
        "DN,Name,mail,userAccountControl,accountExpires,sAMAccountName\n"
        '"CN=A,DC=x",Ann,ann@example.com,512,9223372036854775807,ann\n'
        '"CN=B,DC=x",Bob,bob@example.com,514,0,bob\n'
        '"CN=C,DC=x",Cat,cat@example.com,66048,134390880000000000,cat\n'
    )
    said = read(content, account__userAccountControl="left")
    assert said.asked == ["account:userAccountControl"]
    assert [said.of(each)[0] for each in ("ann", "bob", "cat")] == ["here", "left", "here"]
    assert said.remarks("cat") == ["account_expired"]


SERIALS = (
    ("Employee ID", "Name", "Email", "Status", "Hire Date", "Last Day of Work"),
    ("1", "Ann", "ann@example.com", "Active", "43837", ""),
    ("2", "Bob", "bob@example.com", "Active", "44319", "46356"),
    ("3", "Cat", "cat@example.com", "Terminated", "43132", "46295.99931"),
    ("4", "Dan", "dan@example.com", "Active", "44593", "0"),
)


@pytest.mark.parametrize("is_workbook", [False, True])
def test_c09_days_that_a_spreadsheet_saved_as_numbers(is_workbook: bool) -> None:
    content = "\n".join(",".join(row) for row in SERIALS).encode()
    if is_workbook:
        book, file = Workbook(), io.BytesIO()
        assert book.active is not None
        for row in SERIALS:
            book.active.append([float(text) if text[:1].isdigit() else text for text in row])
        book.save(file)
        content = file.getvalue()
    said = read(content)
    assert (said.asked, said.left_out) == ([], [])
    assert [said.of(each) for each in ("ann", "bob", "cat", "dan")] == [
        ("here", None),
        ("leaving", date(2026, 11, 30)),
        ("left", date(2026, 9, 30)),
        ("here", None),
    ]


def test_c10_who_was_hired_again_works_here() -> None:
    said = read(
        "Employee Number,Name,Work Email,Employment Status,Start Date,Termination Date\n"
        "1,Ann,ann@example.com,Active,2026-11-02,2024-06-30\n"
        "2,Bob,bob@example.com,Active,2026-11-23,2026-11-11\n"
        "3,Cat,cat@example.com,Active,2019-01-01,2021-03-31\n"
        "4,Dan,dan@example.com,Active,2019-01-01,\n"
    )
    assert {said.of(each) for each in ("ann", "bob", "cat", "dan")} == {("here", None)}
    assert [said.remarks(each) for each in ("ann", "bob", "cat", "dan")] == [
        ["rehired"],
        ["rehired"],
        ["old_last_day"],
        [],
    ]


def test_c11_titles_and_totals_are_no_employees() -> None:
    said = read(
        "Headcount report,,,,,\nExample Group,,,,,\n\n"
        "Employee ID,Employee Name,Work Email,Status,Termination Date,Department\n"
        '1,"Kay, Ann",ann@example.com,Active,,Ops\n2,"Lee, Bob",bob@example.com,Terminated,2026-10-30,Ops\n'
        "Subtotal Ops,2,,,,\nTotal,2,,,,\nGenerated on 2026-11-25 07:00 by reports@example.com,,,,,\n"
    )
    assert (len(said.people), said.of("bob")) == (2, ("left", date(2026, 10, 30)))
    assert said.notes == [
        "Subtotal Ops 2",
        "Total 2",
        "Generated on 2026-11-25 07:00 by reports@example.com",
    ]


def test_c13_the_day_of_a_notice_is_asked_about() -> None:
    content = (
        "Personalnummer;Vorname;Nachname;E-Mail;Status;Kündigungsdatum;Vertragsende;Vorgesetzter\n"
        "1;Jörg;Groß;joerg@example.com;Aktiv;01.11.2026;;Käthe Müßig\n"
        "2;Änne;Ötting;aenne@example.com;Aktiv;;31.10.2026;Käthe Müßig\n"
        "3;Uwe;Späth;uwe@example.com;Inaktiv;30.06.2026;30.09.2026;Käthe Müßig\n"
        "4;Zoë;Lüders;zoe@example.com;Elternzeit;;;Käthe Müßig\n"
    ).encode("cp1252")
    said = read(content, notice_day="notice")
    assert said.asked == ["notice_day"]
    assert [said.of(each) for each in ("joerg", "aenne", "uwe", "zoe")] == [
        ("here", None),
        ("here", None),
        ("left", date(2026, 9, 30)),
        ("on leave", None),
    ]
    assert said.remarks("aenne") == ["contract_ended"]
    assert said.people["joerg@example.com"].manager == "Käthe Müßig"
    assert read(content, notice_day="last_day").of("joerg")[0] == "left"


def test_e06_a_last_day_beside_a_leave_is_the_last_day_before_it() -> None:
    said = read(
        "Employee ID,Full Name,Work Email,Employment Status,Last Day of Work,Expected Return\n"
        "1,Ann,ann@example.com,Parental leave,2026-10-16,2027-08-01\n"
        "2,Bob,bob@example.com,On Leave,2026-11-13,2027-01-11\n"
        "3,Cat,cat@example.com,Garden leave,2026-12-31,\n"
        "4,Dan,dan@example.com,Active,,\n"
    )
    assert [said.of(each) for each in ("ann", "bob", "cat", "dan")] == [
        ("on leave", None),
        ("on leave", None),
        ("leaving", date(2026, 12, 31)),
        ("here", None),
    ]
    assert said.people["ann@example.com"].returns_on == date(2027, 8, 1)
    assert said.people["bob@example.com"].returns_on == TODAY + timedelta(days=47)
