"""A source that is cut off bit by bit, a first file of one department, and a list of suspended people only.

After lithnet/googleapps-managementagent#78, slashdevops/idp-scim-sync#70, awslabs/ssosync#203 and GAM-team/GAM#1920.
"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.directory.files import a_list, asked, imported, statuses
from tests.support.roster.people import a_member
from usher.directory.employment.figures import group_counts
from usher.directory.employment.status import EmploymentGroup
from usher.directory.models import Employee, Source
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db

HEADER = "Employee ID,Name,Email,Status"
TODAY = datetime(2026, 11, 25, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
COMPLETE = "Is the file complete, and of this source?"
EVERYBODY = "Is this everybody who works here, or a part?"


def staff(size: int) -> list[str]:
    return [f"{5000 + n},Worker {n:03},worker{n:03}@example.com,Active" for n in range(size)]


def counts(day: datetime) -> dict[str, int]:
    found = list(statuses(day).values())
    return {status: found.count(status) for status in sorted(set(found))}


def test_a_source_that_shrinks_bit_by_bit_is_asked_about(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff(60)), TODAY)
    imported(hr, a_list(HEADER, *staff(55)), TODAY + WEEK)
    assert asked(hr, a_list(HEADER, *staff(50)), TODAY + 2 * WEEK) == [COMPLETE]
    assert counts(TODAY + 2 * WEEK) == {"active": 55, "not_listed": 5}


def test_whoever_says_each_time_that_it_is_complete_makes_nobody_a_leaver(
    hr: Source, acme: Workspace
) -> None:
    for n in range(60):
        a_member(acme, f"Worker {n:03}", f"worker{n:03}@example.com")
    imported(hr, a_list(HEADER, *staff(60)), TODAY)
    imported(hr, a_list(HEADER, *staff(55)), TODAY + WEEK)
    imported(hr, a_list(HEADER, *staff(50)), TODAY + 2 * WEEK, gone="10")
    # What was gone until then is answered: four more of fifty are few, and so are these with the next four.
    assert asked(hr, a_list(HEADER, *staff(46)), TODAY + 3 * WEEK) == []
    assert asked(hr, a_list(HEADER, *staff(42)), TODAY + 4 * WEEK) == [COMPLETE]
    imported(hr, a_list(HEADER, *staff(42)), TODAY + 4 * WEEK, gone="8")
    assert counts(TODAY + 4 * WEEK) == {"active": 42, "not_listed": 18}
    people = {each.group: each.people for each in group_counts((TODAY + 4 * WEEK).date())}
    assert (people[EmploymentGroup.LEFT], people[EmploymentGroup.NOT_LISTED]) == (0, 18)


def test_the_same_list_again_asks_nothing(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff(60)), TODAY)
    imported(hr, a_list(HEADER, *staff(42)), TODAY + WEEK, gone="18")
    assert asked(hr, a_list(HEADER, *staff(42)), TODAY + 2 * WEEK) == []


def test_a_number_that_is_given_without_need_hides_no_later_loss(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff(60)), TODAY)
    imported(hr, a_list(HEADER, *staff(55)), TODAY + WEEK, gone="99")
    assert asked(hr, a_list(HEADER, *staff(50)), TODAY + 2 * WEEK) == [COMPLETE]


def test_after_ninety_days_an_absence_no_longer_counts(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff(60)), TODAY)
    imported(hr, a_list(HEADER, *staff(55)), TODAY + WEEK)
    assert asked(hr, a_list(HEADER, *staff(50)), TODAY + 15 * WEEK) == []


def test_a_shrinking_source_whose_absence_is_leaving_is_asked_about_as_well(hr: Source) -> None:
    hr.absence = Source.Absence.LEFT
    hr.save()
    imported(hr, a_list(HEADER, *staff(60)), TODAY)
    imported(hr, a_list(HEADER, *staff(55)), TODAY + WEEK)
    assert asked(hr, a_list(HEADER, *staff(50)), TODAY + 2 * WEEK) == [COMPLETE]


def test_not_everybody_is_in_the_file_and_that_is_remembered(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff(60)), TODAY)
    imported(hr, a_list(HEADER, *staff(30)), TODAY + WEEK, gone="part")
    assert asked(hr, a_list(HEADER, *staff(10)), TODAY + 2 * WEEK) == []
    assert counts(TODAY + 2 * WEEK) == {"active": 60}


@pytest.mark.parametrize(("answer", "later"), [("everybody", "not_listed"), ("part", "active")])
def test_a_first_file_of_one_department_asks_whether_it_is_everybody(
    hr: Source, acme: Workspace, answer: str, later: str
) -> None:
    for n in range(20):
        a_member(acme, f"Worker {n:03}", f"worker{n:03}@example.com")
    a_member(acme, "Guest", "guest@studio.example", role="guest", licence="guest")
    assert asked(hr, a_list(HEADER, *staff(6)), TODAY) == [EVERYBODY]
    assert not Employee.objects.exists()
    imported(hr, a_list(HEADER, *staff(6)), TODAY, lists=answer)
    imported(hr, a_list(HEADER, *staff(5)), TODAY + WEEK)
    assert statuses(TODAY + WEEK)["5005"] == later


def test_a_first_file_of_nearly_everybody_asks_nothing(hr: Source, acme: Workspace) -> None:
    for n in range(9):
        a_member(acme, f"Worker {n:03}", f"worker{n:03}@example.com")
    assert asked(hr, a_list(HEADER, *staff(6)), TODAY) == []


def test_a_list_of_suspended_people_only_is_not_the_whole_staff(hr: Source) -> None:
    content = a_list(
        "primaryEmail,name.fullName,suspended,archived",
        "oda.lind@example.com,Oda Lind,True,False",
        "pia.moll@example.com,Pia Moll,True,False",
    )
    assert asked(hr, content, TODAY) == ["What does a switched-off account mean?"]
    for meaning in ("left", "sign_in_off"):
        assert asked(hr, content, TODAY, **{"account:suspended": meaning}) == [EVERYBODY]
    imported(hr, content, TODAY, **{"account:suspended": "sign_in_off"}, lists="part")
    hr.refresh_from_db()
    assert (hr.lists_everyone, counts(TODAY)) == (False, {"active": 2})


def test_a_list_of_leavers_only_is_not_the_whole_staff(hr: Source) -> None:
    content = a_list(HEADER, *(line.replace("Active", "Terminated") for line in staff(5)))
    assert asked(hr, content, TODAY) == [EVERYBODY]
    imported(hr, content, TODAY, lists="part")
    assert counts(TODAY) == {"left": 5}
