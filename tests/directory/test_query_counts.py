"""The lists of the directory cost the same number of queries for two rows and for twenty."""

from collections.abc import Callable
from datetime import date
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.directory.sources import SEEN, a_source, an_employee
from tests.support.queries import assert_costs_the_same
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employment.status import EmploymentGroup
from usher.directory.matching import decisions
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import (
    DirectoryGroup,
    DomainAlias,
    EmployeeChange,
    Import,
    Match,
    Protected,
    Source,
)
from usher.directory.tokens import make_token
from usher.ledger.actors import SYSTEM, Actor
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db

NOBODY = date(2026, 1, 1)
Add = Callable[[int], None]


@pytest.fixture
def add_people(acme: Workspace, hr: Source) -> Add:
    """Adds to every group and to the proposals, in accounts, workspaces and sources of their own."""
    numbers = count()

    def add(how_many: int) -> None:
        for n in [next(numbers) for _ in range(how_many)]:
            own = a_workspace(a_connection(f"Account {n}"), f"Space {n}", f"own{n}.example")
            source = a_source(f"Source {n}")
            for status in ("active", "leaving", "left"):
                last_day = {"active": None, "leaving": date(2099, 1, 1), "left": NOBODY}[status]
                a_member(own, f"{status} {n}", f"{status}{n}@acme.example")
                an_employee(source, f"{status}{n}@acme.example", f"{status} {n}", last_day=last_day)
            a_member(own, f"Guest {n}", f"guest{n}@other.example", role="guest", licence="guest")
            a_member(own, f"Service {n}", f"svc{n}@acme.example")
            Protected.objects.create(pattern=f"svc{n}@*", why=Protected.Why.SERVICE_ACCOUNT, by="A")
            a_member(own, f"Same Name {n}", f"same{n}@elsewhere.example")
            an_employee(source, f"other{n}@acme.example", f"Same Name {n}")
        bring_up_to_date()

    return add


@pytest.mark.parametrize("group", [*EmploymentGroup])
def test_a_group(viewer: Client, add_people: Add, group: EmploymentGroup) -> None:
    assert_costs_the_same(viewer, f"/directory/groups/{group.value}/", add_people)


def test_a_group_as_csv(viewer: Client, add_people: Add) -> None:
    assert_costs_the_same(viewer, "/directory/groups/employed.csv", add_people)


@pytest.mark.parametrize("ending", ["/", ".csv"])
def test_employees_without_a_seat(viewer: Client, add_people: Add, ending: str) -> None:
    assert_costs_the_same(viewer, f"/directory/employees/without-seat{ending}", add_people)


def test_the_first_page_with_its_sources_and_imports(viewer: Client, add_people: Add) -> None:
    def add(how_many: int) -> None:
        add_people(how_many)
        for source in Source.objects.all():
            Import.objects.create(source=source, state=Import.State.APPLIED, file_name="a.csv", by="A")

    assert_costs_the_same(viewer, "/directory/", add)


def test_proposals_to_review(operator: Client, add_people: Add) -> None:
    assert_costs_the_same(operator, "/directory/matches/", add_people)


def test_decisions_on_the_review_page(operator: Client, add_people: Add) -> None:
    def add(how_many: int) -> None:
        add_people(how_many)
        proposed = [*Match.objects.filter(state=Match.State.PROPOSED).values_list("pk", flat=True)]
        decisions.confirm(SYSTEM, proposed[::2])
        decisions.reject(SYSTEM, proposed[1::2])

    assert_costs_the_same(operator, "/directory/matches/", add)


def test_employees_to_match_by_hand(operator: Client, acme: Workspace, add_people: Add) -> None:
    person = a_member(acme, "Whoever").person
    assert_costs_the_same(operator, f"/directory/people/{person.pk}/match/?q=active", add_people)


def test_the_domains_of_a_company(admin: Client) -> None:
    def add(how_many: int) -> None:
        there = DomainAlias.objects.count()
        for n in range(there, there + how_many):
            DomainAlias.objects.create(alias=f"a{n}.example", domain="acme.example")

    assert_costs_the_same(admin, "/directory/aliases/", add)


def test_a_source_with_its_imports_and_groups(admin: Client, hr: Source) -> None:
    def add(how_many: int) -> None:
        for n in range(how_many):
            Import.objects.create(source=hr, state=Import.State.APPLIED, file_name=f"{n}.csv", by="A", rows=n)
            Import.objects.create(source=hr, file_name=f"held {n}.csv", by="A")
            DirectoryGroup.objects.create(source=hr, name=f"Group {n}")

    assert_costs_the_same(admin, f"/directory/sources/{hr.pk}/", add)


def test_an_import_with_its_changes(viewer: Client, hr: Source) -> None:
    batch = Import.objects.create(source=hr, state=Import.State.APPLIED, file_name="a.csv", by="A")
    numbers = count()

    def add(how_many: int) -> None:
        for _ in range(how_many):
            n = next(numbers)
            employee = an_employee(hr, f"p{n}@acme.example", f"Person {n}")
            EmployeeChange.objects.create(
                employee=employee,
                batch=batch,
                kind="changed",
                fields={"department": ["A", "B"]},
                seen_at=SEEN,
            )

    assert_costs_the_same(viewer, f"/directory/imports/{batch.pk}/", add)


def test_an_employee_with_their_history_and_matches(viewer: Client, hr: Source) -> None:
    employee = an_employee(hr, "ada@acme.example", "Ada Lovelace")
    numbers = count()

    def add(how_many: int) -> None:
        for n in [next(numbers) for _ in range(how_many)]:
            batch = Import.objects.create(source=hr, state=Import.State.APPLIED, file_name=f"{n}.csv", by="A")
            EmployeeChange.objects.create(employee=employee, batch=batch, kind="changed", seen_at=SEEN)
            a_member(a_workspace(a_connection(f"Account {n}")), "Ada Lovelace", "ada@acme.example")
        bring_up_to_date()

    assert_costs_the_same(viewer, f"/directory/employees/{employee.pk}/", add)


def test_the_preview_of_a_file(operator: Client, acme: Workspace, hr: Source) -> None:
    for n in range(20):
        a_member(acme, f"Person {n}", f"p{n}@acme.example")

    def queries_for(rows: int) -> int:
        lines = "".join(f"p{n}@acme.example,Person {n},Terminated,2026-01-02\n" for n in range(rows))
        content = f"Work Email,Full Name,Status,Last Day\n{lines}".encode()
        file = SimpleUploadedFile("people.csv", content)
        answer = operator.post("/directory/imports/upload/", {"file": file, "source": hr.pk})
        with CaptureQueriesContext(database) as captured:
            assert operator.get(answer.headers["Location"]).status_code == 200
        return len(captured)

    queries_for(1)
    assert queries_for(20) == queries_for(2)


@pytest.mark.parametrize("decide", [decisions.confirm, decisions.reject])
def test_deciding_on_many_proposals_matches_all_of_them_at_once(
    add_people: Add, decide: Callable[[Actor, list[int]], int]
) -> None:
    """Each decision has an entry in the ledger, whose hashes follow one another; these are not counted."""

    def queries_for(proposals: int) -> int:
        add_people(proposals)
        pks = [*Match.objects.filter(state=Match.State.PROPOSED).values_list("pk", flat=True)]
        with CaptureQueriesContext(database) as captured:
            assert decide(SYSTEM, pks) == proposals
        sql = [each["sql"] for each in captured.captured_queries]
        return sum("SAVEPOINT" not in each and "ledger_" not in each for each in sql)

    queries_for(1)
    few = queries_for(2)
    assert queries_for(20) == few


def test_the_employees_of_the_rest_api(db: None) -> None:
    source = Source.objects.create(name="Workday", kind=Source.Kind.API)
    token = make_token(source, SYSTEM)
    numbers = count()

    def add(how_many: int) -> None:
        for n in [next(numbers) for _ in range(how_many)]:
            an_employee(source, f"p{n}@acme.example", f"Person {n}", other_addresses=(f"q{n}@acme.example",))

    url = "/api/v1/directory/employees"
    assert_costs_the_same(Client(), url, add, authorization=f"Bearer {token}")


@pytest.mark.parametrize("resources", ["Users", "Groups"])
def test_the_resources_of_scim(db: None, resources: str) -> None:
    source = Source.objects.create(name="Okta", kind=Source.Kind.SCIM)
    token = make_token(source, SYSTEM)
    numbers = count()

    def add(how_many: int) -> None:
        for n in [next(numbers) for _ in range(how_many)]:
            employee = an_employee(source, f"p{n}@acme.example", f"Person {n}")
            DirectoryGroup.objects.create(source=source, name=f"Group {n}").members.add(employee)

    assert_costs_the_same(Client(), f"/scim/v2/{resources}", add, authorization=f"Bearer {token}")


def test_the_card_of_a_person(viewer: Client, acme: Workspace) -> None:
    person = a_member(acme, "Ada Lovelace", "ada@acme.example").person
    numbers = count()

    def add(how_many: int) -> None:
        for n in [next(numbers) for _ in range(how_many)]:
            an_employee(a_source(f"Source {n}"), "ada@acme.example", "Ada Lovelace", department="Analysis")
        bring_up_to_date()

    assert_costs_the_same(viewer, f"/people/{person.pk}/", add)
