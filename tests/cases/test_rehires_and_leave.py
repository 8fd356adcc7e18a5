"""Rehired people who keep their old last day, and people on leave for whom the export names one.

After Netflix/iep#287 and help.hibob.com (rehiring), and okta/okta-developer-docs#1191 (leave).
"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.directory.files import a_list, asked, imported, statuses
from tests.support.roster.people import a_member
from usher.directory.employment.figures import group_counts
from usher.directory.employment.status import EmploymentGroup
from usher.directory.imports.previewing import preview
from usher.directory.imports.reading import read_file
from usher.directory.models import Employee, Source
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 11, 25, 9, tzinfo=UTC)
REHIRES = "Employee Number,Name,Work Email,Employment Status,Start Date,Termination Date"
LEAVES = "Employee ID,Full Name,Work Email,Employment Status,Last Day of Work,Expected Return"

BEFORE = a_list(
    REHIRES,
    "601,Gil Hart,gil.hart@example.com,Terminated,2018-04-01,2024-06-30",
    "602,Hana Ives,hana.ives@example.com,Terminated,2020-02-01,2026-11-11",
    "603,Ida Jonas,ida.jonas@example.com,Active,2019-01-01,",
)
AFTER = a_list(
    REHIRES,
    "601,Gil Hart,gil.hart@example.com,Active,2026-11-02,2024-06-30",
    "602,Hana Ives,hana.ives@example.com,Active,2026-11-23,2026-11-11",
    "603,Ida Jonas,ida.jonas@example.com,Active,2019-01-01,",
    "604,Ned Rowe,ned.rowe@example.com,Active,2026-11-02,2021-03-31",
)
ON_LEAVE = a_list(
    LEAVES,
    "801,Sia Tann,sia.tann@example.com,Parental leave,2026-10-16,2027-08-01",
    "802,Tim Ude,tim.ude@example.com,On Leave,2026-11-13,2027-01-11",
    "803,Ulla Voss,ulla.voss@example.com,Garden leave,2026-12-31,",
    "804,Vera Wulf,vera.wulf@example.com,Active,,",
)


def in_asana(acme: Workspace, *names: str) -> None:
    for name in names:
        a_member(acme, name, f"{name.lower().replace(' ', '.')}@example.com")


def leavers(day: datetime) -> int:
    people = {each.group: each.people for each in group_counts(day.date())}
    return people[EmploymentGroup.LEFT]


def test_nobody_who_is_hired_again_stays_a_leaver(hr: Source, acme: Workspace) -> None:
    in_asana(acme, "Gil Hart", "Hana Ives", "Ida Jonas", "Ned Rowe")
    assert asked(hr, BEFORE, TODAY) == []
    assert (statuses(TODAY)["601"], statuses(TODAY)["602"], leavers(TODAY)) == ("left", "left", 2)
    shown = preview(hr, AFTER, read_file(AFTER), TODAY + timedelta(days=1))
    assert (shown.count("returned"), shown.count("joined"), shown.seat_count) == (2, 1, 0)
    assert shown.seen.remarks["rehired"].rows == 3
    imported(hr, AFTER, TODAY + timedelta(days=1))
    assert set(statuses(TODAY + timedelta(days=1)).values()) == {"active"}
    assert leavers(TODAY + timedelta(days=1)) == 0
    remarked = Employee.objects.exclude(row_remarks=[]).order_by("key")
    assert [(each.key, each.row_remarks[0]["kind"]) for each in remarked] == [
        ("601", "rehired"),
        ("602", "rehired"),
        ("604", "rehired"),
    ]


def test_nobody_on_leave_is_a_leaver_and_garden_leave_ends_with_its_last_day(
    hr: Source, acme: Workspace
) -> None:
    in_asana(acme, "Sia Tann", "Tim Ude", "Ulla Voss", "Vera Wulf")
    shown = preview(hr, ON_LEAVE, read_file(ON_LEAVE), TODAY)
    assert (shown.seen.on_leave, shown.count("leaving"), shown.count("left")) == (2, 1, 0)
    imported(hr, ON_LEAVE, TODAY)
    assert statuses(TODAY) == {"801": "active", "802": "active", "803": "leaving", "804": "active"}
    assert leavers(TODAY) == 0
    sia = Employee.objects.get(key="801")
    assert (sia.on_leave, sia.last_day, str(sia.returns_on)) == (True, None, "2027-08-01")
    assert statuses(datetime(2027, 1, 1, 9, tzinfo=UTC))["803"] == "left"
