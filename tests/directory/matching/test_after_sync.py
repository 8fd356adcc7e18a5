"""A sync matches everybody where that can change anything, and only there."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.directory.matching.test_update import EMAILS, NAMES, stored
from tests.support.directory.sources import SEEN, TODAY, a_source
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.matching.after_sync import match_after_sync
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Match, MatchedConnection, Source
from usher.roster.models import Membership, Person, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def org() -> Workspace:
    return a_workspace(a_connection("Acme"), "Acme Inc", "acme.example")


def of_another_connection() -> Workspace:
    return a_workspace(a_connection("Other"), "Other Inc", "other.example")


def test_a_sync_that_changed_nothing_does_not_match_again(org: Workspace) -> None:
    a_member(org, "Ada Lovelace", "ada@acme.example")
    assert match_after_sync(org.connection, TODAY)
    assert not match_after_sync(org.connection, TODAY)


def test_the_first_sync_of_a_day_matches_for_all(org: Workspace) -> None:
    other, tomorrow = of_another_connection(), TODAY + timedelta(days=1)
    for each in (org, other):
        match_after_sync(each.connection, TODAY)
    assert match_after_sync(org.connection, tomorrow)
    assert not match_after_sync(other.connection, tomorrow)
    assert not match_after_sync(org.connection, tomorrow)


def somebody_joins(org: Workspace) -> None:
    a_member(org, "Bo Chen", "bo@acme.example")


def a_name_changes(org: Workspace) -> None:
    Person.objects.filter(connection=org.connection).update(name="Countess Lovelace")


def an_address_changes(org: Workspace) -> None:
    Person.objects.filter(connection=org.connection).update(email="countess@acme.example")


def somebody_leaves_asana(org: Workspace) -> None:
    Membership.objects.filter(workspace=org).update(status="not_active")


def a_person_is_gone(org: Workspace) -> None:
    Person.objects.filter(connection=org.connection).delete()


def a_domain_is_added(org: Workspace) -> None:
    Workspace.objects.filter(pk=org.pk).update(email_domains=["acme.example", "acme.co.uk"])


@pytest.mark.parametrize(
    "change",
    [
        somebody_joins,
        a_name_changes,
        an_address_changes,
        somebody_leaves_asana,
        a_person_is_gone,
        a_domain_is_added,
    ],
)
def test_whatever_matches_depend_on_makes_it_match_again(
    org: Workspace, change: Callable[[Workspace], None]
) -> None:
    a_member(org, "Ada Lovelace", "ada@acme.example")
    match_after_sync(org.connection, TODAY)
    change(org)
    assert match_after_sync(org.connection, TODAY)
    assert not match_after_sync(org.connection, TODAY)


def test_a_matching_that_was_cut_off_is_made_by_the_next_sync(org: Workspace) -> None:
    class CutOffError(Exception): ...

    a_member(org, "Ada Lovelace", "ada@acme.example")
    with pytest.raises(CutOffError), transaction.atomic():
        match_after_sync(org.connection, TODAY)
        raise CutOffError
    assert match_after_sync(org.connection, TODAY)


def test_another_connection_that_was_not_matched_yet_is_not_forgotten(org: Workspace) -> None:
    match_after_sync(org.connection, TODAY)
    other = of_another_connection()
    a_member(other, "Bo Chen", "bo@other.example")
    assert not match_after_sync(org.connection, TODAY)
    assert match_after_sync(other.connection, TODAY)


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["person", "rename", "status", "employee", "domain", "sync"]),
        st.integers(0, 1),  # of which connection
        st.integers(0, 3),  # whom
        st.sampled_from(EMAILS),
        st.sampled_from(NAMES),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(changes=CHANGES)
def test_after_any_changes_syncs_leave_nothing_that_a_whole_match_would_change(
    changes: list[tuple[str, int, int, str, str, bool]],
) -> None:
    for model in (Match, MatchedConnection, Employee, Source, Person):
        model.objects.all().delete()
    number = Workspace.objects.count()
    orgs = [
        a_workspace(a_connection(f"{name} {number}"), name, f"{name}.example") for name in ("acme", "private")
    ]
    source = a_source("HR")
    for what, which, whom, email, name, is_so in changes:
        org = orgs[which]
        people = list(Person.objects.filter(connection=org.connection).order_by("pk"))
        if what == "person":
            a_member(org, f"{name}{' ' * len(people)}", email)
        elif what == "rename" and people:
            Person.objects.filter(pk=people[whom % len(people)].pk).update(name=name, email=email)
        elif what == "status":
            status = "active" if is_so else "not_active"
            Membership.objects.filter(workspace=org, person__in=people[: whom + 1]).update(status=status)
        elif what == "employee":
            record = EmployeeRecord(external_id=f"E{whom}", email=email, name=name, is_active=is_so)
            store(source, record, SEEN)
        elif what == "domain":
            Workspace.objects.filter(pk=org.pk).update(email_domains=["acme.co.uk"] if is_so else [])
        else:
            match_after_sync(org.connection, TODAY)
    for org in orgs:
        match_after_sync(org.connection, TODAY)
    after_syncs = stored()
    assert bring_up_to_date(today=TODAY).total == 0
    assert stored() == after_syncs
