"""What needs a person today: each figure is the number of rows in the list behind its link."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.lived_usage import ago, use, watch
from tests.support.removal.leaving import hires
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.acting import actor_for
from usher.access.models import User
from usher.access.roles import UserRole
from usher.activity.models import EvidenceSource
from usher.connections.models import Connection, SyncRun
from usher.directory.models import Employee, Source
from usher.ledger.actors import Actor
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import Case
from usher.roster.models import Membership, Person, SeatPrice, Workspace

pytestmark = pytest.mark.django_db


def shown(browser: Client, query: str = "") -> dict[str, tuple[int, str, str]]:
    """Count, detail and address of each item, by its label."""
    html = browser.get(f"/?{query}").content.decode()
    cards = re.findall(
        r'attention-count">([\d,]+)</p>.*?href="([^"]+)">([^<]+)</a>.*?attention-detail">([^<]*)</p>',
        html,
        re.S,
    )
    return {
        label: (int(count.replace(",", "")), unescape(detail), unescape(url))
        for count, url, label, detail in cards
    }


def rows(browser: Client, url: str) -> int:
    return int(browser.get(url).context["table"].paginator.count)


def signed_in(role: UserRole, name: str) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_user(name, f"{name}@example.com", name=name, role=role))
    return browser


def actor(browser: Client) -> Actor:
    return actor_for(User.objects.get(pk=browser.session["_auth_user_id"]), via="page")


@pytest.fixture
def org() -> Workspace:
    connection = a_connection("Acme", mode="act", last_synced_at=timezone.now())
    return a_workspace(connection, "Acme Inc", "acme.example")


def gone(member: Membership, days: int) -> Person:
    [employee] = hires([member.person])
    employee.is_active, employee.status = False, Employee.Status.LEFT
    employee.last_day = timezone.localdate() - timedelta(days=days)
    employee.ended_at = timezone.now()
    employee.save()
    return member.person


def waiting_case(person: Person, requester: Actor) -> Case:
    request = CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left")
    return transitions.request_approval(opening.open_case(person, request, requester), requester)


def test_leavers_are_those_of_the_list(page: Client, org: Workspace) -> None:
    for number in range(3):
        gone(a_member(org, f"Leaver {number}", f"l{number}@acme.example"), days=40 + number)
    hires([a_member(org, "Stays", "s@acme.example").person])
    count, detail, url = shown(page)["Leavers still in Asana"]
    assert count == rows(page, url) == 3
    assert detail == "3 seats; the longest for 42 days"


def test_approvals_are_mine_by_role_and_not_requested_by_me(page: Client, org: Workspace) -> None:
    olga, bob = signed_in(UserRole.OPERATOR, "olga"), signed_in(UserRole.APPROVER, "bob")
    people = [gone(a_member(org, f"Leaver {n}", f"l{n}@acme.example"), days=9) for n in range(4)]
    for person in people[:3]:
        waiting_case(person, actor(olga))
    waiting_case(people[3], actor(bob))
    label = "Cases waiting for your approval"
    assert label not in shown(olga), "an operator approves nothing"
    for browser, expected in ((bob, 3), (page, 4)):
        count, _, url = shown(browser)[label]
        assert count == rows(browser, url) == expected
    other = a_connection("Other")
    assert label not in shown(bob, f"connection={other.pk}")


def test_a_list_for_approvers_is_empty_for_who_approves_nothing(org: Workspace) -> None:
    olga = signed_in(UserRole.OPERATOR, "olga")
    waiting_case(
        gone(a_member(org, "Leaver", "l@acme.example"), days=9), Actor("person", "x", 999, role="operator")
    )
    assert rows(olga, "/cases/?queue=waiting") == 1
    assert rows(olga, "/cases/?queue=waiting&approver=me") == 0


def test_connections_are_those_that_the_list_shows(page: Client, org: Workspace) -> None:
    a_member(org, "Ada")
    a_connection("Broken", problem="Token refused", problem_kind="token")
    a_connection("Gone", problem="old", disconnected_at=timezone.now())
    busy = a_connection("Busy", problem="yesterday's")
    SyncRun.objects.create(connection=busy, trigger="person", state="running", started_at=timezone.now())
    count, detail, url = shown(page)["Connection needs attention"]
    assert (count, detail) == (1, "Broken")
    assert [one.name for one in page.get(url).context["page"]] == ["Broken"]
    assert len(page.get("/integrations/").context["page"]) == 4


def idle_member(workspace: Workspace, name: str) -> Membership:
    return use(a_member(workspace, name), ago(days=120))


def test_idle_seats_are_those_of_the_people_list_with_their_cost(page: Client, org: Workspace) -> None:
    watch(org, EvidenceSource.AUDIT, 200)
    for number in range(4):
        idle_member(org, f"Idle {number}")
    use(a_member(org, "Active"), ago(days=2))
    a_member(org, "Guest", role="guest", licence="guest")
    assert shown(page)["Seats idle for 90 days"][1] == "set a seat price to see what they cost"
    SeatPrice.objects.create(connection=org.connection, amount=Decimal("10.50"), currency="EUR")
    count, detail, url = shown(page)["Seats idle for 90 days"]
    assert (count, detail) == (4, "42 EUR a month")
    assert rows(page, url) == 4


def test_the_figures_of_one_connection_are_those_of_its_lists(page: Client, org: Workspace) -> None:
    other = a_workspace(a_connection("Other", time_zone="Pacific/Kiritimati"), "Other Inc", "other.example")
    for workspace, number in ((org, 2), (other, 3)):
        watch(workspace, EvidenceSource.AUDIT, 200)
        for n in range(number):
            idle_member(workspace, f"Idle {n}")
    SeatPrice.objects.create(connection=org.connection, amount=Decimal(5), currency="USD")
    for query, expected, detail in (
        ("", 5, "10 USD a month for the 2 with a price"),
        (f"connection={org.connection_id}", 2, "10 USD a month"),
        (f"connection={other.connection_id}", 3, "set a seat price to see what they cost"),
    ):
        item = shown(page, query)["Seats idle for 90 days"]
        assert item[:2] == (expected, detail)
        assert rows(page, item[2]) == expected


def test_where_nothing_is_to_be_decided_the_page_says_so(page: Client, org: Workspace) -> None:
    a_member(org, "Ada")
    html = page.get("/").content.decode()
    assert "Nothing needs you today" in html
    assert shown(page) == {}


def test_before_the_first_sync_nothing_is_promised(page: Client) -> None:
    Connection.objects.all().delete()
    Source.objects.all().delete()
    assert "Nothing needs you today" not in page.get("/").content.decode()
