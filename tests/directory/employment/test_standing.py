"""What is kept about each person is what a fresh count says, whatever changed, in whatever order."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

import pytest
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.db.models import Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.directory.sources import SEEN, TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.doctor import recount_finding
from usher.directory.employees.queries import works_here
from usher.directory.employment.figures import count_without_seat, group_counts, without_seat
from usher.directory.employment.recount import recount
from usher.directory.employment.status import EmploymentGroup, employment_of, with_employment
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Match, PersonKey, Protected, Source, Standing
from usher.platform.scope import Scope, seen_with
from usher.roster.models import Membership, Person, Workspace

pytestmark = pytest.mark.django_db

PEOPLE = 6
DAYS = [None, TODAY - timedelta(days=3), TODAY, TODAY + timedelta(days=3)]


def a_company() -> None:
    """Two connections with three workspaces, two sources, and some of everybody in everything."""
    acme, globex = a_connection(), a_connection("Globex")
    workspaces = [
        a_workspace(acme, "Acme Inc", "acme.example"),
        a_workspace(acme, "Side"),
        a_workspace(globex, "Globex", "globex.example"),
    ]
    sources = [a_source(), a_source("Contractors", rank=2)]
    for n in range(PEOPLE):
        email = f"p{n}@acme.example"
        a_member(workspaces[n % 3], email, email)
        an_employee(sources[n % 2], email)
    bring_up_to_date(today=TODAY)


def some_of(random: Random, choices: dict[str, list[object]]) -> dict[str, object]:
    """New values for one field, or for several at once."""
    fields = random.sample(sorted(choices), random.choice([1, 1, len(choices)]))
    return {field: random.choice(choices[field]) for field in fields}


def change_memberships(random: Random) -> None:
    some = random.sample([*Membership.objects.values_list("pk", flat=True)], 2)
    choices: dict[str, list[object]] = {
        "role": ["admin", "member", "guest", "other"],
        "licence": ["member", "guest", "view_only"],
        "status": ["active", "not_active"],
    }
    Membership.objects.filter(pk__in=some).update(**some_of(random, choices))


def join(random: Random) -> None:
    workspace = random.choice(list(Workspace.objects.all()))
    outside = Person.objects.filter(connection=workspace.connection).exclude(memberships__workspace=workspace)
    for person in outside[: random.randint(1, 3)]:
        a_member(workspace, person.name, role=random.choice(["admin", "member", "guest"]))


def forget_memberships(random: Random) -> None:
    Membership.objects.filter(person=random.choice(list(Person.objects.all()))).delete()


def leave_a_workspace_out(random: Random) -> None:
    Workspace.objects.filter(pk=random.choice(list(Workspace.objects.all())).pk).update(
        left_out=random.choice(["", "filter", "not_visible"])
    )


def change_employees(random: Random) -> None:
    some = random.sample([*Employee.objects.values_list("pk", flat=True)], 2)
    choices: dict[str, list[object]] = {
        "is_active": [True, True, False],
        "is_listed": [True, False],
        "absence_accepted_at": [None, SEEN],
        "ended_at": [None, SEEN, datetime(2026, 11, 17, 23, 30, tzinfo=UTC)],
        "last_day": [*DAYS],
    }
    Employee.objects.filter(pk__in=some).update(**some_of(random, choices))


def rename(random: Random) -> None:
    for pk in random.sample([*Person.objects.values_list("pk", flat=True)], 2):
        name = random.choice(["Zoë", "adam", "Ada\nKing", ""])
        Person.objects.filter(pk=pk).update(name=f"{name}{pk}")


def change_an_address(random: Random) -> None:
    """Then somebody else matches, or nobody."""
    email = f"{random.choice(['p', 'svc-'])}{random.randrange(PEOPLE)}@acme.example"
    Person.objects.filter(pk=random.choice(list(Person.objects.all())).pk).update(email=email)


def match(_: Random) -> None:
    bring_up_to_date(today=TODAY)


def change_matches(random: Random) -> None:
    choices: dict[str, list[object]] = {
        "state": ["matched", "proposed", "rejected"],
        "counts": [True, False],
        "employee": [*Employee.objects.all()],
    }
    for one in Match.objects.filter(
        pk__in=random.sample([0, *Match.objects.order_by("pk").values_list("pk", flat=True)], 1)
    ):
        changed = some_of(random, choices)
        with suppress(IntegrityError), transaction.atomic():
            Match.objects.filter(pk=one.pk).update(**changed)


def forget_matches(random: Random) -> None:
    Match.objects.filter(person__in=random.sample(list(Person.objects.all()), 2)).delete()


def list_a_service_account(random: Random) -> None:
    person = random.choice(list(Person.objects.all()))
    fields = random.choice([{"person": person}, {"pattern": "svc-*"}, {"pattern": "P1@ACME.example"}])
    Protected.objects.create(**fields, why=random.choice(["service", "other"]), by="bo")


def list_no_service_account(random: Random) -> None:
    listed = list(Protected.objects.all())
    if listed:
        random.choice(listed).delete()


def forget_keys(_: Random) -> None:
    PersonKey.objects.all().delete()


def forget_an_employee(random: Random) -> None:
    if Employee.objects.count() > 2:
        random.choice(list(Employee.objects.all())).delete()


CHANGES: list[Callable[[Random], None]] = [
    change_memberships,
    join,
    leave_a_workspace_out,
    change_employees,
    rename,
    change_an_address,
    match,
    change_matches,
    list_a_service_account,
    list_no_service_account,
    forget_keys,
    forget_matches,
    forget_memberships,
    forget_an_employee,
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=10), st.integers(0, 10**6))
def test_nothing_differs_from_a_fresh_count_after_any_changes(
    changes: list[Callable[[Random], None]], seed: int
) -> None:
    random = Random(seed)
    savepoint = transaction.savepoint()
    try:
        a_company()
        for change in changes:
            change(random)
            found = recount(mend=False)
            assert (found.people, found.differing) == (Person.objects.count(), []), change
            assert Standing.objects.count() == found.people
            the_rule_holds_on(random.choice([day for day in DAYS if day]))
    finally:
        transaction.savepoint_rollback(savepoint)


def the_rule_holds_on(day: date) -> None:
    """Said a second time, in Python, for everybody."""
    groups: list[str | None] = []
    for person in with_employment(Person.objects.all(), day):
        listed = vars(person)
        counting = Match.objects.filter(person=person, counts=True, state="matched").select_related(
            "employee"
        )
        employee = counting[0].employee if counting else None
        assert listed["employee_id"] == (employee.pk if employee else None)
        status = employee.status_on(day) if employee else None
        assert listed["employee_status"] == status
        assert listed["left_on"] == (
            employee.left_on if employee and status == Employee.Status.LEFT else None
        )
        assert employment_of(person, day).group == listed["group"]
        active = person.memberships.filter(status="active").exclude(workspace__left_out="filter")
        assert (listed["group"] is None) == (not active)
        if active and listed["group"] != EmploymentGroup.SERVICE_ACCOUNT:
            all_guests = {one.role for one in active} == {"guest"}
            alone = EmploymentGroup.GUEST if all_guests else EmploymentGroup.UNKNOWN
            assert listed["group"] == ("employed" if status == "active" else status or alone)
        groups.append(listed["group"])
    working = Employee.objects.filter(works_here(day)).count()
    assert count_without_seat(day, working) == without_seat(day).count() == len(employees_without_seat(day))
    assert {count.group: count.people for count in group_counts(day)} == {
        group: groups.count(group) for group in EmploymentGroup
    }


def employees_without_seat(day: date) -> list[Employee]:
    seated = {
        match.employee_id
        for match in Match.objects.filter(state="matched").select_related("person")
        if match.person.memberships.filter(status="active")
        .exclude(workspace__left_out="filter")
        .exclude(licence__in=["guest", "view_only"])
    }
    here = (Employee.Status.ACTIVE, Employee.Status.LEAVING)
    return [one for one in Employee.objects.exclude(pk__in=seated) if one.status_on(day) in here]


EVERY_VALUE: list[tuple[type[Model], dict[str, list[object]]]] = [
    (
        Employee,
        {
            "is_active": [True, False],
            "is_listed": [True, False],
            "absence_accepted_at": [None, SEEN],
            "ended_at": [None, SEEN],
            "last_day": [None, TODAY],
        },
    ),
    (
        Membership,
        {
            "role": ["admin", "member", "guest"],
            "licence": ["member", "view_only", "guest"],
            "status": ["active", "not_active"],
        },
    ),
    (Match, {"state": ["matched", "proposed", "rejected"], "counts": [True, False]}),
    (Workspace, {"left_out": ["", "filter", "not_visible"]}),
    (Person, {"email": ["ada@acme.example", "svc-1@acme.example", ""], "name": ["Ada", "ǆ ß", ""]}),
    (PersonKey, {"address": ["ada@acme.example", "svc-1@acme.example", ""]}),
    (Protected, {"why": ["service", "other"], "likes": [["svc-%"], ["ada@%"], []]}),
]


@pytest.mark.parametrize(("model", "values"), EVERY_VALUE, ids=lambda given: getattr(given, "__name__", ""))
def test_each_field_alone_is_noticed_whatever_the_others_are(
    model: type[Model], values: dict[str, list[object]]
) -> None:
    org = a_workspace(a_connection(), "Acme Inc", "acme.example")
    a_member(org, "Ada", "ada@acme.example")
    an_employee(a_source(), "ada@acme.example")
    Protected.objects.create(pattern="svc-*", why="service", by="bo")
    bring_up_to_date(today=TODAY)
    rows = model._default_manager.all()
    for combination in product(*values.values()):
        start = dict(zip(values, combination, strict=True))
        for field, others in values.items():
            for other in others:
                rows.update(**start)
                rows.update(**{field: other})
                assert recount(mend=False).differing == [], (start, field, other)


def test_people_who_are_deleted_take_what_is_kept_with_it() -> None:
    a_company()
    Person.objects.filter(connection__name="Acme").delete()
    assert Standing.objects.count() == Person.objects.count() > 0
    assert recount(mend=False).differing == []


def test_whoever_is_limited_changes_what_counts_for_people_whom_they_do_not_see() -> None:
    a_company()
    hidden = Person.objects.filter(connection__name="Globex").first()
    assert hidden is not None
    employee = Match.objects.get(person=hidden).employee
    Source.objects.filter(pk=employee.source_id).update(
        connections=[
            Person.objects.exclude(connection=hidden.connection).values_list("connection", flat=True)[0]
        ]
    )
    seen = Scope.of(Source.objects.get(pk=employee.source_id).connections or [])
    with seen_with(seen):
        assert not Standing.objects.filter(person=hidden.pk).exists()
        assert Employee.objects.filter(pk=employee.pk).update(is_active=False) == 1
    assert Standing.objects.get(person=hidden.pk).group == EmploymentGroup.LEFT


def test_what_was_changed_without_triggers_is_found_and_mended() -> None:
    a_company()
    wrong, missing = Person.objects.order_by("pk")[:2]
    Standing.objects.filter(pk=wrong.pk).update(group=EmploymentGroup.LEFT)
    Standing.objects.filter(pk=missing.pk).delete()
    assert recount(mend=False).differing == [wrong.pk, missing.pk]
    assert recount(mend=True).differing == [wrong.pk, missing.pk]
    assert recount(mend=False).differing == []
    assert Standing.objects.get(pk=missing.pk).group == EmploymentGroup.EMPLOYED


def test_doctor_counts_again_and_corrects() -> None:
    a_company()
    assert recount_finding().outcome == "passed"
    wrong = Person.objects.order_by("pk")[0]
    Standing.objects.filter(pk=wrong.pk).update(group=EmploymentGroup.LEFT)
    found = recount_finding()
    assert (found.outcome, str(wrong) in found.detail) == ("failed", True)
    assert recount_finding().outcome == "passed"


def test_only_what_changed_is_written_again() -> None:
    a_company()
    with database.cursor() as cursor:
        cursor.execute("SELECT person_id, xmin, ctid FROM directory_standing ORDER BY 1")
        before = cursor.fetchall()
        Membership.objects.update(gid="7", until=SEEN)
        Employee.objects.update(department="Sales", changed_at=SEEN)
        PersonKey.objects.update(name_key="renamed")
        cursor.execute("SELECT person_id, xmin, ctid FROM directory_standing ORDER BY 1")
        assert cursor.fetchall() == before
