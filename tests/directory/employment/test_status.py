"""In which group everybody in Asana is."""

from datetime import date
from itertools import combinations, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.directory.sources import SEEN, TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employees.store import withdraw
from usher.directory.employment.possible_leavers import possible_leavers
from usher.directory.employment.status import (
    LEAVER_GROUPS,
    EmploymentGroup,
    employment_of,
    in_groups,
    with_employment,
)
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Match, Protected, Source
from usher.directory.normalise import fits
from usher.directory.protection import protected_condition, reason_protected
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


@pytest.fixture
def hr() -> Source:
    return a_source()


def group(person: Person) -> str | None:
    """As the list says, which must be what the person's own page says."""
    bring_up_to_date(today=TODAY)
    listed: str | None = vars(with_employment(Person.objects.all(), TODAY).get(pk=person.pk))["group"]
    assert employment_of(person, TODAY).group == listed
    return listed


def test_who_is_listed_works_here(acme: Workspace, hr: Source) -> None:
    ada = a_member(acme, "Ada", "ada@acme.example").person
    an_employee(hr, "Ada@Acme.example", "Ada")
    assert group(ada) == EmploymentGroup.EMPLOYED
    assert employment_of(ada, TODAY).reason == "Works here (HR). Same e-mail."


@pytest.mark.parametrize(
    ("last_day", "expected"),
    [
        (date(2026, 11, 19), EmploymentGroup.LEFT),
        (date(2026, 11, 20), EmploymentGroup.LEAVING),
        (date(2026, 12, 31), EmploymentGroup.LEAVING),
    ],
)
def test_the_last_day_is_still_a_day_of_work(
    last_day: date, expected: EmploymentGroup, acme: Workspace, hr: Source
) -> None:
    ada = a_member(acme, "Ada", "ada@acme.example").person
    an_employee(hr, "ada@acme.example", last_day=last_day)
    assert group(ada) == expected
    employment = employment_of(ada, TODAY)
    assert employment.last_day == last_day
    assert employment.left_on == (last_day if expected == EmploymentGroup.LEFT else None)


def test_who_is_deleted_at_the_source_has_left_that_day(acme: Workspace, hr: Source) -> None:
    ada = a_member(acme, "Ada", "ada@acme.example").person
    employee = an_employee(hr, "ada@acme.example")
    withdraw(hr, employee.key, SEEN)
    assert group(ada) == EmploymentGroup.LEFT
    assert employment_of(ada, TODAY).left_on == SEEN.date()
    assert employment_of(ada, TODAY).reason == "Deleted by the source on 20 Nov 2026 (HR). Same e-mail."


def test_who_is_in_no_directory_is_a_guest_or_unknown(acme: Workspace) -> None:
    guest = a_member(acme, "Bo", "bo@studio.example", role="guest", licence="guest").person
    unknown = a_member(acme, "Cy", "cy@acme.example").person
    both = a_member(acme, "Di", "di@studio.example", role="guest", licence="guest").person
    a_member(a_workspace(acme.connection, "Side"), "Di")
    assert [group(person) for person in (guest, unknown, both)] == ["guest", "unknown", "unknown"]


def test_who_has_no_active_membership_is_in_no_group(acme: Workspace, hr: Source) -> None:
    gone = a_member(acme, "Ada", "ada@acme.example", status="not_active").person
    an_employee(hr, "ada@acme.example")
    out_of_scope = a_workspace(acme.connection, "Hidden", left_out="filter")
    hidden = a_member(out_of_scope, "Bo", "bo@acme.example").person
    assert group(gone) is None
    assert group(hidden) is None


def test_a_service_account_is_one_even_if_the_directory_says_that_it_left(
    acme: Workspace, hr: Source
) -> None:
    robot = a_member(acme, "Robot", "SVC_backup@acme.example").person
    other = a_member(acme, "Other", "svcXbackup@acme.example").person
    an_employee(hr, "svc_backup@acme.example", is_active=False)
    Protected.objects.create(pattern="svc_*@ACME.example", why="service", by="ada")
    assert group(robot) == EmploymentGroup.SERVICE_ACCOUNT
    assert group(other) == EmploymentGroup.UNKNOWN
    assert (
        employment_of(robot, TODAY).reason == "Listed as a service account by the pattern svc_*@ACME.example."
    )


def test_protection_by_another_reason_changes_no_group(acme: Workspace) -> None:
    ada = a_member(acme, "Ada", "ada@acme.example").person
    Protected.objects.create(person=ada, why="break_glass", note="Locked in the safe", by="bo")
    assert group(ada) == EmploymentGroup.UNKNOWN
    assert reason_protected(ada) == "Break-glass admin: Locked in the safe"


def test_of_two_sources_the_one_with_the_lower_rank_counts(acme: Workspace) -> None:
    ada = a_member(acme, "Ada", "ada@acme.example").person
    first, second = a_source("HR", rank=1), a_source("Okta", rank=2)
    an_employee(second, "ada@acme.example", is_active=False)
    assert group(ada) == EmploymentGroup.LEFT
    an_employee(first, "ada@acme.example")
    assert group(ada) == EmploymentGroup.EMPLOYED
    assert Match.objects.filter(person=ada, state="matched").count() == 2


LETTERS = "aAbz.*%_\\@+-äÄ"


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(pattern=st.text(LETTERS, min_size=1, max_size=8), email=st.text(LETTERS, max_size=10))
def test_a_pattern_protects_the_same_people_in_sql_and_in_python(pattern: str, email: str) -> None:
    connection = a_connection(f"c{Person.objects.count()}-{pattern}-{email}"[:90])
    person = Person.objects.create(connection=connection, gid="1", name="Ada", email=email)
    entry = Protected.objects.create(pattern=pattern, why="other", by="bo")
    bring_up_to_date([person.pk])
    in_sql = Person.objects.filter(protected_condition(), pk=person.pk).exists()
    entry.delete()
    connection.delete()
    if fits(pattern, email):
        assert in_sql


def test_a_condition_chooses_the_same_people_as_their_groups(acme: Workspace, hr: Source) -> None:
    ends = product((True, False), (True, False), (None, SEEN), (None, date(2026, 11, 19), TODAY))
    for n, (active, listed, accepted, last_day) in enumerate(ends):
        for status in ("active", "not_active"):
            email = f"p{n}-{status}@acme.example"
            a_member(acme, email, email, status=status)
            an_employee(hr, email)
            hr.employees.filter(email=email).update(
                is_active=active, is_listed=listed, absence_accepted_at=accepted, last_day=last_day
            )
    a_member(acme, "Cy", "cy@acme.example")
    bring_up_to_date(today=TODAY)
    everybody = with_employment(Person.objects.all(), TODAY)
    leavers = set(everybody.filter(group__in=LEAVER_GROUPS).values_list("pk", flat=True))
    assert len(leavers) == 20
    for size in (1, 2):
        for groups in combinations(EmploymentGroup, size):
            chosen = everybody.filter(in_groups(groups, TODAY))
            assert set(chosen) == set(everybody.filter(group__in=groups)), groups
    not_listed = everybody.filter(group=EmploymentGroup.NOT_LISTED)
    assert set(possible_leavers(Person.objects.all(), TODAY)) == set(not_listed) != set()
