"""The page of leavers: who is listed, what it says of each, and to whom it offers to remove them."""

import csv
import io
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.company import a_company, boxes, leaving, left, people, rows, text
from tests.support.removal.leaving import hires, ordinary_people
from tests.support.removal.leaving import leaves as employee_leaves
from usher.access.models import TrailEntry
from usher.access.roles import UserRole
from usher.access.trail.kinds import Seen
from usher.connections.models import Connection, Mode
from usher.directory.models import Protected, Source
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution import task_lookups
from usher.removal.guardrails.protection import reasons_why_protected, why_protected
from usher.removal.leavers.query import leavers
from usher.removal.models import Case
from usher.removal.pages.leavers.filters import LeaversFilter
from usher.removal.pages.leavers.tables import LeaversTable
from usher.roster.models import Person, SeatPrice
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(UserRole.OPERATOR)


def draft(person: object, cause: Case.Cause = Case.Cause.BY_HAND) -> Case:
    return opening.open_case(
        person, CaseRequest(cause=cause, reason="Picked"), actor(account(UserRole.OPERATOR))
    )  # type: ignore[arg-type]


def test_each_tab_holds_whom_it_names_and_says_how_many(operator: Client) -> None:
    acme = a_company()
    gone = left(acme, 3)
    leaving(acme, on=timezone.localdate() + timedelta(days=5))
    (picked,) = people(acme, 1, "Picked")
    draft(picked)
    draft(gone[0], Case.Cause.DIRECTORY)
    Protected.objects.create(person=gone[1], why=Protected.Why.BREAK_GLASS, by="ada@example.com")

    def shown(show: str) -> list[str]:
        return rows(operator.get(f"/leavers/?show={show}"))

    assert shown("") == ["Leaver 001", "Leaver 002", "Leaver 003", "Leaving 001", "Picked 001"]
    assert shown("left") == ["Leaver 001", "Leaver 002", "Leaver 003"]
    assert shown("leaving") == ["Leaving 001"]
    assert shown("picked") == ["Picked 001"]
    assert shown("protected") == ["Leaver 002"]
    assert shown("case") == ["Leaver 001", "Picked 001"]
    counts = {value: count for value, _, count in operator.get("/leavers/").context["tabs"]}
    assert counts == {value: len(shown(value)) for value in counts}


def test_a_row_says_since_when_who_says_so_and_what_stands_in_the_way(operator: Client) -> None:
    acme = a_company()
    (gone,) = left(acme, 1, days_ago=40)
    leaving(acme, on=timezone.localdate() + timedelta(days=5))
    Protected.objects.create(person=gone, why=Protected.Why.BREAK_GLASS, note="root", by="ada@example.com")
    answer = operator.get("/leavers/")
    page = text(answer)
    assert "Left 40 days ago" in page
    assert "Leaves in 5 days" in page
    assert "HR" in page
    assert "Protected Break-glass admin: root" in page
    assert b"pill-danger" in answer.content  # the longer the redder


def test_only_those_who_can_be_removed_can_be_chosen(operator: Client) -> None:
    acme = a_company()
    free, busy, protected = left(acme, 3)
    draft(busy, Case.Cause.DIRECTORY)
    Protected.objects.create(person=protected, why=Protected.Why.OTHER, by="ada@example.com")
    left(a_company("Globex", mode=Mode.READ), 2, name="Reader")
    assert boxes(operator.get("/leavers/"), "person") == [free.pk]


def test_a_connection_that_only_reads_offers_no_removal_and_says_why(operator: Client) -> None:
    left(a_company("Globex", mode=Mode.READ), 2)
    answer = operator.get("/leavers/")
    assert rows(answer) == ["Leaver 001", "Leaver 002"]
    assert boxes(answer, "person") == []
    assert b"Remove" not in answer.content
    assert "Nobody can be removed from Globex because that connection is read-only." in text(answer)


def test_a_viewer_sees_the_leavers_and_no_button() -> None:
    left(a_company(), 2)
    viewer = signed_in(UserRole.VIEWER)
    answer = viewer.get("/leavers/")
    assert rows(answer) == ["Leaver 001", "Leaver 002"]
    assert boxes(answer, "person") == []
    assert b"selection" not in answer.content.replace(b"selection.js", b"")


def test_the_cards_count_seats_cost_and_the_longest_overdue(operator: Client) -> None:
    acme = a_company()
    left(acme, 3, days_ago=12)
    left(acme, 1, days_ago=1_234, name="Forgotten")
    SeatPrice.objects.create(connection=acme.connection, amount="24.99", currency="EUR")
    other = a_company("Globex")
    left(other, 2, name="Other")
    page = text(operator.get("/leavers/"))
    assert "Leavers still in Asana 6" in page
    assert "Seats they occupy 6" in page
    assert "99.96 EUR Not every account has a seat price" in page
    assert "1,234 days" in page
    of_one = text(operator.get(f"/leavers/?connection={other.connection_id}"))
    assert "Leavers still in Asana 2" in of_one
    assert "Set a seat price" in of_one


def test_the_longest_gone_can_come_first(operator: Client) -> None:
    acme = a_company()
    left(acme, 1, days_ago=3, name="Later")
    left(acme, 1, days_ago=30, name="Earlier")
    leaving(acme, on=timezone.localdate() + timedelta(days=5))
    assert rows(operator.get("/leavers/?sort=since")) == ["Earlier 001", "Later 001", "Leaving 001"]
    assert rows(operator.get("/leavers/?sort=-since"))[-1] == "Earlier 001"


@pytest.mark.parametrize("query", ["", "show=left", "show=leaving", "show=case", "q=leav", "connection={}"])
def test_pages_are_in_the_order_of_each_column(query: str, operator: Client) -> None:
    today = timezone.localdate()
    acme = a_company()
    SeatPrice.objects.create(connection=acme.connection, amount=10, currency="EUR")
    gone = left(acme, 30, days_ago=9)
    left(acme, 3, days_ago=2, name="Unnamed")
    for days in range(3):
        leaving(acme, on=today + timedelta(days=days), name=f"Leaving {days}")
    for picked in [*people(acme, 3, "Picked"), *gone[:3]]:
        draft(picked)
    narrowed = query.format(acme.connection_id)
    filtered = LeaversFilter(QueryDict(narrowed), queryset=leavers())
    for sort in ("name", "-name", "since", "-since", "cost", "-cost"):
        whole = LeaversTable(
            filtered.qs, today, None, offers_removal=True, has_prices=True, several_connections=False
        )
        whole.order_by = sort
        in_order = [str(row.record) for row in whole.rows]
        pages = [
            rows(operator.get(f"/leavers/?{narrowed}&sort={sort}&per_page=25&page={number}"))
            for number in range(1, -(-len(in_order) // 25) + 1)
        ]
        assert [name for page in pages for name in page] == in_order != [], sort


def test_a_search_finds_by_every_word(operator: Client) -> None:
    acme = a_company()
    left(acme, 2)
    assert rows(operator.get("/leavers/?q=LEAVER 002")) == ["Leaver 002"]
    assert rows(operator.get("/leavers/?q=leaver001@acme")) == ["Leaver 001"]
    assert rows(operator.get("/leavers/?q=%25")) == []


@pytest.mark.parametrize(
    "query",
    ["page=abc", "page=999", "per_page=-1", "sort=__x", "show=none", "connection=0", "connection=a"],
)
def test_nonsense_in_the_address_is_answered_with_a_page(operator: Client, query: str) -> None:
    left(a_company(), 1)
    assert operator.get(f"/leavers/?{query}").status_code == 200
    assert b"".join(operator.get(f"/leavers/export.csv?{query}").streaming_content)


def test_the_export_holds_what_is_filtered(operator: Client) -> None:
    acme = a_company()
    gone = left(acme, 2)
    (picked,) = people(acme, 1, "Picked")
    draft(picked)
    Protected.objects.create(person=gone[0], why=Protected.Why.OTHER, note="Keep", by="ada@example.com")
    answer = operator.get("/leavers/export.csv?show=left")
    found = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode().lstrip("\ufeff"))))
    assert [row["email"] for row in found] == [person.email for person in gone]
    assert [row["protected"] for row in found] == ["Other: Keep", ""]
    assert found[1]["workspaces"] == "Acme Inc"


def test_twenty_rows_cost_as_many_queries_as_two(operator: Client) -> None:
    acme = a_company()

    def add(count: int) -> None:
        """Half of them protected, a quarter with a case."""
        gone = left(acme, count, name=f"Leaver of {count}")
        for person in gone[::2]:
            Protected.objects.create(person=person, why=Protected.Why.OTHER, by="ada@example.com")
        for person in gone[1::4]:
            draft(person, Case.Cause.DIRECTORY)

    assert_costs_the_same(operator, "/leavers/", add)


def test_an_export_of_twenty_rows_costs_as_many_queries_as_of_two(operator: Client) -> None:
    acme = a_company()

    def add(count: int) -> None:
        for person in left(acme, count, name=f"Leaver of {count}"):
            Protected.objects.create(person=person, why=Protected.Why.OTHER, by="ada@example.com")

    assert_costs_the_same(operator, "/leavers/export.csv", add)


def test_a_connection_without_leavers_leaves_the_filters_where_they_are(operator: Client) -> None:
    left(a_company(), 1)
    other = a_company("Globex")
    answer = operator.get(f"/leavers/?connection={other.connection_id}")
    assert rows(answer) == []
    assert b'id="people-results"' in answer.content


def test_a_list_gives_the_same_reasons_as_a_person_alone(db: None) -> None:
    acme, small = a_company(), a_company("Globex")
    listed, patterned, both, free = left(acme, 4)
    last = people(small, 1, "Last")[0]
    small.memberships.exclude(person=last).update(role="member")
    small.memberships.filter(person=last).update(role="admin")
    token = people(acme, 1, "Token")[0]
    acme.connection.asana_user_gid = token.gid
    acme.connection.save()
    for person in (listed, both):
        Protected.objects.create(person=person, why=Protected.Why.OTHER, note="By name", by="ada@example.com")
    for person in (patterned, both):
        Protected.objects.create(pattern=person.email, why=Protected.Why.INTEGRATION, by="ada@example.com")
    everybody = [Person.objects.get(pk=one.pk) for one in (listed, patterned, both, free, last, token)]
    alone = {person.pk: reason for person in everybody if (reason := why_protected(person))}
    assert reasons_why_protected(everybody) == alone
    assert set(alone) == {listed.pk, patterned.pk, both.pk, last.pk, token.pk}


def test_of_several_connections_each_row_names_its_own(operator: Client) -> None:
    left(a_company(), 1)
    assert b"quiet-connection" not in operator.get("/leavers/").content
    a_company("Globex")
    assert b'<li class="quiet-connection">Acme</li>' in operator.get("/leavers/").content


def test_without_a_directory_it_asks_for_one(operator: Client) -> None:
    a_company()
    assert "Who works here?" in text(operator.get("/leavers/"))


def test_when_nobody_left_that_is_good_news(operator: Client) -> None:
    hires(people(a_company(), 2))
    assert Source.objects.exists()
    assert "Nobody who left is still in Asana" in text(operator.get("/leavers/"))


@pytest.mark.django_db(transaction=True)
def test_what_they_own_is_read_from_asana_at_that_moment(sandbox: RunningSandbox, acme: Connection) -> None:
    (person,) = ordinary_people(acme, 1)
    employee_leaves(person)
    operator = signed_in(UserRole.OPERATOR)
    part = operator.get(f"/leavers/{person.pk}/owns/", headers={"HX-Request": "true"})
    assert part.status_code == 200
    page = text(part)
    assert "open task" in page
    assert "project" in page
    assert "<html" not in part.content.decode()
    assert "<html" in operator.get(f"/leavers/{person.pk}/owns/").content.decode()
    noted = TrailEntry.objects.filter(kind=Seen.TASKS_LOOKED_UP)
    assert {(one.who, one.about) for one in noted} == {
        ("operator@example.com", f"person {person.pk}: {person} in Acme")
    }


@pytest.mark.django_db(transaction=True)
def test_titles_of_tasks_are_not_for_viewers_and_not_without_end(
    sandbox: RunningSandbox, acme: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_lookups, "AT_MOST", 2)
    (person,) = ordinary_people(acme, 1)
    employee_leaves(person)
    address = f"/leavers/{person.pk}/owns/"
    viewer, operator = signed_in(UserRole.VIEWER), signed_in(UserRole.OPERATOR)
    assert viewer.get(address).status_code == 403
    assert address not in viewer.get("/leavers/").text
    assert address in operator.get("/leavers/").text
    pages = [operator.get(address).text for _ in range(3)]
    assert ["open task" in page for page in pages] == [True, True, False]
    assert "You have looked up the tasks and projects of 2 people within an hour" in pages[2]
    assert "open task" in signed_in(UserRole.ADMIN).get(address).text


@pytest.mark.django_db(transaction=True)
def test_when_asana_cannot_be_read_it_says_so_and_can_be_refreshed(
    sandbox: RunningSandbox, acme: Connection
) -> None:
    (person,) = ordinary_people(acme, 1)
    acme.credentials.delete()
    page = text(
        signed_in(UserRole.OPERATOR).get(f"/leavers/{person.pk}/owns/", headers={"HX-Request": "true"})
    )
    assert "This connection no longer has tokens." in page
    assert "Refresh" in page
