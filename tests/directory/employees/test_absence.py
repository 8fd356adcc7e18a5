"""Employees who are no longer listed: what their source means by it, and what a person says."""

from datetime import timedelta

import pytest
from django.test import Client

from tests.support.directory.files import ADA, a_list, imported, statuses
from tests.support.directory.sources import SEEN
from tests.support.roster.people import a_member
from usher.directory.employees.absence import they_are_still_here, they_have_left
from usher.directory.employment.status import EmploymentGroup, employment_of
from usher.directory.models import Employee, EmployeeChange, Source
from usher.ledger.models import Entry
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db

HEADER = "Email,Full Name,Status"
DAY = timedelta(days=1)
EVERYBODY = [f"p{n}@acme.example,Person {n},Active" for n in range(40)]


def shrunk(hr: Source) -> list[int]:
    """A list of forty, then one of thirty-eight. The two."""
    imported(hr, a_list(HEADER, *EVERYBODY), lists="everybody")
    imported(hr, a_list(HEADER, *EVERYBODY[:38]), SEEN + DAY)
    return list(Employee.objects.filter(is_listed=False).order_by("key").values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("absence", "expected"), [("ask", "not_listed"), ("left", "left"), ("ignore", "active")]
)
def test_what_absence_means_is_a_setting_of_the_source(hr: Source, absence: str, expected: str) -> None:
    hr.absence = absence
    hr.save()
    shrunk(hr)
    assert statuses(SEEN + DAY)["p39@acme.example"] == expected


def test_a_person_says_that_they_have_left(hr: Source, acme: Workspace) -> None:
    person = a_member(acme, "Person 39", "p39@acme.example").person
    gone, other = reversed(shrunk(hr))
    today = (SEEN + DAY).date()
    assert employment_of(person, today).group == EmploymentGroup.NOT_LISTED
    assert they_have_left(ADA, [gone, other, 10**9], SEEN + DAY) == 2
    assert employment_of(person, today).group == EmploymentGroup.LEFT
    employee = Employee.objects.get(pk=gone)
    assert (employee.absence_accepted_by, employee.left_on) == ("ada@example.com", today)
    change = EmployeeChange.objects.filter(employee=gone).latest("pk")
    assert (change.kind, change.fields) == ("left", {"absence_accepted": ["no", "yes"]})
    entry = Entry.objects.get(action="directory.absence_accepted")
    assert (entry.actor_name, entry.after["employees"]) == ("ada@example.com", 2)
    assert they_have_left(ADA, [gone], SEEN + DAY) == 0


def test_what_was_said_holds_until_a_list_has_them_again(hr: Source) -> None:
    they_have_left(ADA, shrunk(hr), SEEN + DAY)
    imported(hr, a_list(HEADER, *EVERYBODY[:38]), SEEN + 2 * DAY)
    assert statuses(SEEN + 2 * DAY)["p39@acme.example"] == "left"
    batch = imported(hr, a_list(HEADER, *EVERYBODY), SEEN + 3 * DAY)
    assert batch.returned == 2
    back = Employee.objects.get(key="p39@acme.example")
    assert (back.is_listed, back.absence_accepted_at, back.absence_accepted_by) == (True, None, "")


def test_who_is_still_here_works_here_until_a_list_says_otherwise(hr: Source) -> None:
    gone = shrunk(hr)
    assert they_are_still_here(ADA, gone, SEEN + DAY) == 2
    assert set(statuses(SEEN + DAY).values()) == {"active"}
    assert EmployeeChange.objects.filter(kind="returned").count() == 2
    batch = imported(hr, a_list(HEADER, *EVERYBODY[:38]), SEEN + 2 * DAY)
    assert (batch.unlisted, statuses(SEEN + 2 * DAY)["p39@acme.example"]) == (2, "not_listed")


def test_who_works_here_or_was_deleted_cannot_be_said_to_be_absent(hr: Source) -> None:
    imported(hr, a_list(HEADER, *EVERYBODY))
    pks = list(Employee.objects.values_list("pk", flat=True))
    assert they_have_left(ADA, pks, SEEN) == they_are_still_here(ADA, pks, SEEN) == 0
    assert not Entry.objects.filter(action__startswith="directory.absence").exists()


def test_the_page_answers_for_those_selected_or_for_all_that_are_shown(hr: Source, operator: Client) -> None:
    first, _second = shrunk(hr)
    page = f"/directory/employees/no-longer-listed/?source={hr.pk}"
    assert "2 employees" in operator.get(page).content.decode()
    operator.post(page, {"answer": "here", "employee": [first]})
    operator.post(page, {"answer": "left:2"})
    assert Employee.objects.filter(is_listed=False, absence_accepted_at=None).count() == 1
    operator.post(page, {"answer": "left:1"})
    gone = Employee.objects.get(is_listed=False)
    assert gone.absence_accepted_by == "operator@example.com"
    assert "Nobody" in operator.get(page).content.decode()


def test_who_only_reads_sees_the_page_and_answers_nothing(hr: Source, viewer: Client) -> None:
    gone = shrunk(hr)
    page = "/directory/employees/no-longer-listed/"
    assert "have left</button>" not in viewer.get(page).content.decode()
    assert viewer.post(page, {"answer": "left", "employee": gone}).status_code == 403


def test_the_settings_of_a_source_say_what_absence_means(hr: Source, admin: Client) -> None:
    form = {"name": "HR", "rank": 1, "absence": "ignore", "lists_everyone": "False"}
    assert admin.post(f"/directory/sources/{hr.pk}/", form).status_code == 302
    hr.refresh_from_db()
    assert (hr.absence, hr.lists_everyone) == ("ignore", False)
    entry = Entry.objects.get(action="settings.source_changed")
    assert (entry.before["absence"], entry.after["absence"]) == ("ask", "ignore")
