"""What a push of the identity provider means for people in Asana, at once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.directory.identity_provider import EMPLOYMENT, IdentityProvider
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employment.status import EmploymentGroup, employment_of
from usher.directory.matching.update import bring_up_to_date
from usher.roster.models import Person


def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture
def greta(db: None) -> Person:
    """In Asana, and known to matching as after a sync."""
    person = a_member(
        a_workspace(a_connection(), "Acme Inc", "example.com"), "Greta", "Greta@example.com"
    ).person
    bring_up_to_date(today=today())
    return person


def group_of(person: Person) -> EmploymentGroup | None:
    return employment_of(person, today()).group


def test_a_person_is_employed_leaves_and_comes_back_as_the_identity_provider_says(
    idp: IdentityProvider, greta: Person
) -> None:
    assert group_of(greta) == EmploymentGroup.UNKNOWN
    user = idp.add("greta@example.com")
    assert group_of(greta) == EmploymentGroup.EMPLOYED
    idp.patch(user, {"op": "Replace", "path": "active", "value": "False"})
    assert group_of(greta) == EmploymentGroup.LEFT
    assert employment_of(greta, today()).left_on == today()
    idp.patch(user, {"op": "Replace", "path": "active", "value": "True"})
    assert group_of(greta) == EmploymentGroup.EMPLOYED


def test_a_person_whose_user_is_deleted_has_left(idp: IdentityProvider, greta: Person) -> None:
    user = idp.add("greta@example.com")
    idp("DELETE", f"/Users/{user['id']}", expect=204)
    assert group_of(greta) == EmploymentGroup.LEFT
    idp.add("greta@example.com")
    assert group_of(greta) == EmploymentGroup.EMPLOYED


def test_a_last_day_to_come_makes_a_person_leaving(idp: IdentityProvider, greta: Person) -> None:
    last_day = today() + timedelta(days=30)
    idp.add("greta@example.com", **{EMPLOYMENT: {"lastDay": f"{last_day}"}})
    assert group_of(greta) == EmploymentGroup.LEAVING
    assert employment_of(greta, today()).last_day == last_day


def test_an_address_that_is_not_the_user_name_is_matched_too(idp: IdentityProvider, greta: Person) -> None:
    idp.add(
        "gsanz", emails=[{"value": "greta.sanz@example.com", "primary": True}, {"value": "greta@example.com"}]
    )
    assert group_of(greta) == EmploymentGroup.EMPLOYED


def test_an_address_that_is_given_away_again_belongs_to_who_works_here(
    idp: IdentityProvider, greta: Person
) -> None:
    emails = [{"value": "greta@example.com"}]
    first, second = idp.add("first", emails=emails), idp.add("second", emails=emails)
    assert group_of(greta) == EmploymentGroup.UNKNOWN
    idp.patch(first, {"op": "replace", "path": "active", "value": False})
    assert group_of(greta) == EmploymentGroup.EMPLOYED
    idp.patch(second, {"op": "replace", "path": "active", "value": False})
    idp.patch(first, {"op": "replace", "path": "active", "value": True})
    assert group_of(greta) == EmploymentGroup.EMPLOYED
