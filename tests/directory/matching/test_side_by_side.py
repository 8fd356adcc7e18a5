"""Two changes at the same time, of which neither sees the other, match as if one had come after the other."""

import pytest

from tests.support.directory.sources import SEEN, TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from tests.support.side_by_side import while_we_are_at_it
from usher.directory.employees.store import EmployeeRecord, store, store_many
from usher.directory.matching.decisions import match_by_hand
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Match, Source
from usher.ledger.actors import SYSTEM
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "ada@acme.example"


@pytest.fixture
def org() -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


@pytest.fixture
def hr() -> Source:
    return a_source()


def record(number: str, **fields: object) -> EmployeeRecord:
    return EmployeeRecord(external_id=number, email=ADDRESS, **fields)


def the_match() -> Employee:
    return Match.objects.get(counts=True).employee


def assert_as_matched_anew() -> None:
    assert bring_up_to_date(today=TODAY).total == 0


def test_the_address_of_somebody_who_leaves_goes_to_who_gets_it_meanwhile(org: Workspace, hr: Source) -> None:
    a_member(org, "Ada", ADDRESS)
    bring_up_to_date(today=TODAY)
    store(hr, record("1"), SEEN)
    with while_we_are_at_it(lambda: store(hr, record("1", is_active=False), SEEN)):
        store(hr, record("2"), SEEN)
    assert the_match().key == "2"
    assert_as_matched_anew()


def test_who_gets_the_address_of_somebody_who_leaves_meanwhile_is_matched(org: Workspace, hr: Source) -> None:
    a_member(org, "Ada", ADDRESS)
    bring_up_to_date(today=TODAY)
    store(hr, record("1"), SEEN)
    with while_we_are_at_it(lambda: store(hr, record("2"), SEEN)):
        store(hr, record("1", is_active=False), SEEN)
    assert the_match().key == "2"
    assert_as_matched_anew()


def test_who_joins_while_everybody_is_matched_is_matched(org: Workspace, hr: Source) -> None:
    a_member(org, "Ada", ADDRESS)
    with while_we_are_at_it(lambda: store(hr, record("1"), SEEN)):
        bring_up_to_date(today=TODAY)
    assert the_match().key == "1"
    assert_as_matched_anew()


def test_who_joins_while_another_source_is_imported_is_matched(org: Workspace, hr: Source) -> None:
    a_member(org, "Ada", ADDRESS)
    with while_we_are_at_it(lambda: store(hr, record("1"), SEEN)):
        store_many(a_source("Payroll", rank=5), [], SEEN, lists_everyone=True)
    assert the_match().key == "1"
    assert_as_matched_anew()


def test_who_joins_while_a_new_person_is_matched_by_hand_is_matched(org: Workspace, hr: Source) -> None:
    """The person has just been read: the normal forms of the address come with the decision."""
    person = a_member(org, "Ada", ADDRESS).person
    other = an_employee(a_source("Payroll", rank=5), "private@home.example")
    assert isinstance(person, Person)
    with while_we_are_at_it(lambda: store(hr, record("1"), SEEN)):
        match_by_hand(SYSTEM, person, other)
    assert set(Match.objects.filter(state="matched").values_list("employee__key", flat=True)) == {
        "1",
        other.key,
    }
    assert_as_matched_anew()
