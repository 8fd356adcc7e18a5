"""Two changes at the same time, of which neither sees the other, match as if one had come after the other."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection as database
from django.db import connections, transaction

from tests.support.directory.sources import SEEN, TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employees.store import EmployeeRecord, store, store_many
from usher.directory.matching.decisions import match_by_hand
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Match, Source
from usher.ledger.actors import SYSTEM
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db(transaction=True)

SOMEBODY_WAITS_FOR_US = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
"""
ADDRESS = "ada@acme.example"


@pytest.fixture
def org() -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


@pytest.fixture
def hr() -> Source:
    return a_source()


@contextmanager
def while_we_are_at_it(change: Callable[[], object]) -> Iterator[None]:
    """The block changes something; `change` happens before that is committed, unless it waits for it."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            change()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=run)
    with transaction.atomic():
        yield
        other.start()
        while other.is_alive() and not somebody_waits_for_us():
            time.sleep(0.01)
    other.join()
    assert failures == []


def somebody_waits_for_us() -> bool:
    with database.cursor() as cursor:
        cursor.execute(SOMEBODY_WAITS_FOR_US)
        return bool(cursor.fetchone()[0])


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
