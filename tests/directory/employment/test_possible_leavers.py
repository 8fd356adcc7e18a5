"""Who may be a leaver, so that a person looks."""

from datetime import date

import pytest

from tests.support.directory.sources import SEEN, TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employment.possible_leavers import possible_leavers
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Source
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


@pytest.fixture
def hr() -> Source:
    return a_source(changed_at=SEEN)


def names() -> list[str]:
    bring_up_to_date(today=TODAY)
    return sorted(possible_leavers(Person.objects.all(), TODAY).values_list("name", flat=True))


def test_who_works_here_or_has_left_is_none(acme: Workspace, hr: Source) -> None:
    for name in ("Ada Lovelace", "Bo Chen"):
        a_member(acme, name, f"{name[0]}@acme.example".lower())
    an_employee(hr, "a@acme.example")
    an_employee(hr, "b@acme.example", is_active=False)
    assert names() == []


@pytest.mark.parametrize("gone", [{"is_active": False}, {"last_day": date(2026, 12, 31)}])
def test_who_may_be_somebody_who_left_or_is_leaving(
    acme: Workspace, hr: Source, gone: dict[str, object]
) -> None:
    a_member(acme, "Ada Lovelace", "ada.lovelace@gmail.example")
    an_employee(hr, "ada@acme.example", "Ada Lovelace", **gone)
    assert names() == ["Ada Lovelace"]


def test_whoever_may_be_an_employee_who_works_here_is_none(acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada Lovelace", "ada.lovelace@gmail.example")
    an_employee(hr, "ada@acme.example", "Ada Lovelace")
    assert names() == []


def test_who_left_by_a_source_that_does_not_count(acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada Lovelace", "ada@acme.example")
    an_employee(hr, "ada@acme.example")
    an_employee(a_source("Okta", rank=2), "ada@acme.example", is_active=False)
    assert names() == ["Ada Lovelace"]


def test_who_is_no_longer_listed(acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada Lovelace", "ada@acme.example")
    an_employee(hr, "ada@acme.example")
    Employee.objects.update(is_listed=False)
    assert names() == ["Ada Lovelace"]


def test_who_is_no_longer_in_asana_is_none(acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada Lovelace", "ada@acme.example", status="inactive")
    an_employee(hr, "ada@acme.example")
    Employee.objects.update(is_listed=False)
    assert names() == []
