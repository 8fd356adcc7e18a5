"""Matches in the database: of everybody, and of the few whom a change touches, are always the same."""

import threading
from datetime import date

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.directory.sources import SEEN, TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import DomainAlias, Employee, Match, Source
from usher.roster.models import Person, Workspace

EMAILS = [
    "ada@acme.example",
    "ADA@acme.co.uk",
    "ada+x@acme.example",
    "bo@acme.example",
    "cy@private.example",
    "",
]
NAMES = ["Ada Lovelace", "Lovelace, Ada", "Bo Chen", "Cy"]
RECORDS = st.lists(
    st.tuples(
        st.integers(0, 3),  # which employee
        st.booleans(),  # of which source
        st.sampled_from(EMAILS),
        st.lists(st.sampled_from(EMAILS[:4]), max_size=2),
        st.sampled_from(NAMES),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def stored() -> list[tuple[object, ...]]:
    return list(
        Match.objects.order_by("person", "employee").values_list(
            "person", "employee", "state", "how", "reason", "counts"
        )
    )


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(records=RECORDS, has_alias=st.booleans())
def test_step_by_step_comes_to_the_same_as_all_at_once(
    records: list[tuple[int, bool, str, list[str], str, bool]], has_alias: bool
) -> None:
    for model in (Match, Employee, Source, DomainAlias, Person):
        model.objects.all().delete()
    org = a_workspace(
        a_connection(f"Acme {Workspace.objects.count()}"), "Acme Inc", "acme.example", "acme.co.uk"
    )
    for number, email in enumerate(EMAILS):
        a_member(org, f"{NAMES[number % 3]}{' ' * (number // 3)}", email)
    if has_alias:
        DomainAlias.objects.create(alias="acme.co.uk", domain="acme.example")
    sources = [a_source("HR", rank=1), a_source("Okta", rank=2)]
    bring_up_to_date(today=TODAY)
    for number, is_second, email, others, name, is_active in records:
        record = EmployeeRecord(
            external_id=f"E{number}",
            email=email,
            other_addresses=tuple(others),
            name=name,
            is_active=is_active,
        )
        store(sources[is_second], record, SEEN)
    step_by_step = stored()
    written = bring_up_to_date(today=TODAY)
    assert stored() == step_by_step
    assert written.total == 0


@pytest.mark.django_db
def test_a_second_run_writes_nothing(acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada", "ada@acme.example")
    an_employee(hr, "ada@acme.example")
    Match.objects.all().delete()
    assert bring_up_to_date(today=TODAY).made == 1
    assert bring_up_to_date(today=TODAY).total == 0


@pytest.mark.django_db
def test_a_new_address_in_asana_moves_the_match(acme: Workspace, hr: Source) -> None:
    person = a_member(acme, "Ada", "ada@acme.example").person
    first, second = an_employee(hr, "ada@acme.example"), an_employee(hr, "al@acme.example")
    bring_up_to_date(today=TODAY)
    assert Match.objects.get().employee == first
    person.email = "AL@acme.example"
    person.save()
    bring_up_to_date([person.pk], today=TODAY)
    assert Match.objects.get().employee == second


@pytest.mark.django_db
def test_who_left_by_date_gives_an_address_free(acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada", "ada@acme.example")
    bring_up_to_date(today=TODAY)
    an_employee_with_id(hr, "1", "ada@acme.example", last_day=date(2026, 11, 22))
    second = an_employee_with_id(hr, "2", "ada@acme.example")
    assert set(Match.objects.values_list("state", flat=True)) == {"proposed"}
    bring_up_to_date(today=date(2026, 11, 23))
    assert Match.objects.get().employee == second


def an_employee_with_id(source: Source, external_id: str, email: str, **fields: object) -> Employee:
    store(source, EmployeeRecord(external_id=external_id, email=email, **fields), SEEN)
    return Employee.objects.get(source=source, key=external_id)


@pytest.mark.django_db(transaction=True)
def test_changes_side_by_side_leave_one_match_that_counts() -> None:
    org = a_workspace(a_connection(), "Acme Inc", "acme.example")
    person = a_member(org, "Ada", "ada@acme.example").person
    bring_up_to_date(today=TODAY)
    sources = [a_source(f"S{n}", rank=n) for n in range(1, 5)]
    failures: list[BaseException] = []

    def tell(source: Source) -> None:
        try:
            for turn in range(10):
                store(source, EmployeeRecord(email="ada@acme.example", name=f"Ada {turn}"), SEEN)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tell, args=[source]) for source in sources for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Employee.objects.count() == 4
    assert Match.objects.filter(person=person, state="matched").count() == 4
    assert Match.objects.get(counts=True).employee.source == sources[0]
