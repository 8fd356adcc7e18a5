"""Rows that cannot be read: an import without them counts only when somebody says so."""

from datetime import timedelta

import pytest

from tests.support.directory.files import a_list, asked, imported, statuses
from tests.support.directory.sources import SEEN
from tests.support.roster.people import a_member
from usher.directory.imports.importing import UnansweredQuestions
from usher.directory.models import Employee, Import, Source
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db

HEADER = "Employee ID,Email,Full Name,Status,Last Day"
NEXT_DAY = SEEN + timedelta(days=1)
LEFT_OUT = "What about the rows that cannot be read?"


def staff(size: int) -> list[str]:
    return [f"E{n},p{n}@acme.example,Person {n},Active," for n in range(size)]


def unreadable(n: int, status: str = "Active", day: str = "") -> str:
    return f",,Person {n},{status},{day}"


@pytest.mark.parametrize(
    ("readable", "left_out", "asks"),
    [(100, 1, False), (100, 3, False), (100, 4, True), (399, 4, False), (2, 1, False), (3, 2, True)],
)
def test_more_than_a_few_rows_left_out_are_asked_about(
    hr: Source, readable: int, left_out: int, asks: bool
) -> None:
    content = a_list(HEADER, *staff(readable), *(unreadable(1000 + n) for n in range(left_out)))
    assert asked(hr, content) == ([LEFT_OUT] if asks else [])
    assert Import.objects.exists() != asks


@pytest.mark.parametrize(
    "row",
    [
        unreadable(1000, "Terminated"),
        unreadable(1000, "Active", "2026-12-31"),
        "E1000,p1000@acme.example,Person 1000,Active,,Sales",
    ],
)
def test_one_row_that_could_be_a_leavers_is_asked_about(hr: Source, row: str) -> None:
    with pytest.raises(UnansweredQuestions, match="line 102") as refused:
        imported(hr, a_list(HEADER, *staff(100), row))
    assert "Nothing was changed." in str(refused.value)
    assert "--accept-left-out 1" in refused.value.remedy
    assert not Employee.objects.exists()


def test_one_row_of_somebody_with_a_seat_is_asked_about(hr: Source, acme: Workspace) -> None:
    a_member(acme, "Person 7", "p7@acme.example")
    imported(hr, a_list(HEADER, *staff(100)), lists="everybody")
    others = [line for line in staff(100) if "p7@" not in line]
    assert asked(hr, a_list(HEADER, *others, unreadable(7)), NEXT_DAY) == [LEFT_OUT]
    assert asked(hr, a_list(HEADER, *others[:-1], staff(100)[7], unreadable(99)), NEXT_DAY) == []


def test_who_was_left_out_stays_with_a_remark_until_a_row_of_theirs_is_read(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff(5)))
    with_bad_row = a_list(HEADER, *staff(4), "E4,p4@acme.example,Person 4,Terminated,2026-11-01,Sales")
    imported(hr, with_bad_row, NEXT_DAY, left_out="1")
    employee = Employee.objects.get(key="E4")
    assert (employee.is_listed, statuses(NEXT_DAY)["E4"]) == (True, "active")
    [remark] = employee.row_remarks
    assert remark["kind"] == "row_unreadable"
    assert remark["text"].startswith("Line 6 was left out: The line has 6 cells")
    imported(hr, a_list(HEADER, *staff(5)), NEXT_DAY + timedelta(days=1))
    employee.refresh_from_db()
    assert employee.row_remarks == []


def test_who_was_left_out_of_a_part_of_the_staff_has_the_remark_as_well(hr: Source) -> None:
    hr.lists_everyone = False
    hr.save()
    imported(hr, a_list(HEADER, *staff(5)))
    imported(hr, a_list(HEADER, staff(1)[0], "E4,p4@acme.example,Person 4,,,,x"), NEXT_DAY, left_out="1")
    kinds = {each.key: [remark["kind"] for remark in each.row_remarks] for each in Employee.objects.all()}
    assert kinds == {"E0": [], "E1": [], "E2": [], "E3": [], "E4": ["row_unreadable"]}


def test_fewer_rows_accepted_than_left_out_is_no_answer(hr: Source) -> None:
    content = a_list(HEADER, *staff(3), unreadable(8), unreadable(9))
    assert asked(hr, content, left_out="1") == [LEFT_OUT]
    assert asked(hr, content, left_out="2") == []


def test_rows_that_somebody_chose_to_leave_out_are_not_asked_about_again(hr: Source) -> None:
    rows = [f"X{n},x{n}@acme.example,Other {n},Deleted for good," for n in range(9)]
    content = a_list(HEADER, *staff(9), *rows)
    batch = imported(hr, content, **{"status:deleted for good": "leave_out"})
    assert (batch.left_out, batch.joined) == (9, 9)
