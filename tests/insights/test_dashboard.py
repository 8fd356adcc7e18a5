"""The dashboard, from the first minute on."""

import itertools

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.lived_usage import ago, use, watch
from tests.support.queries import assert_costs_the_same
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import EvidenceSource
from usher.connections.models import SyncRun
from usher.roster.models import Change, SeatCount

pytestmark = pytest.mark.django_db


def shown(page: Client, query: str = "") -> str:
    answer = page.get(f"/?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_connection_it_says_how_to_begin(page: Client) -> None:
    assert "Connect Asana to begin" in shown(page)


def test_with_a_connection_that_was_never_synced_it_says_what_comes(page: Client) -> None:
    a_connection()
    assert "No sync has finished yet" in shown(page)


def test_a_failed_first_sync_is_said_with_its_reason(page: Client) -> None:
    connection = a_connection(problem_kind="sync_failed", problem="Asana is <down>", problem_remedy="Wait")
    SyncRun.objects.create(connection=connection, trigger="person", state="failed", error="x")
    html = shown(page)
    assert "needs attention" in html
    assert "Asana is &lt;down&gt;" in html


def test_figures_of_workspaces_that_were_read_are_shown_even_when_the_sync_failed_elsewhere(
    page: Client,
) -> None:
    connection = a_connection(problem_kind="sync_failed", problem="One workspace failed")
    a_member(a_workspace(connection, "Read Well"), "Ada")
    html = shown(page)
    assert "Read Well" in html
    assert "No sync has finished yet" not in html


def test_a_sync_under_way_is_said_and_not_called_a_problem(page: Client) -> None:
    connection = a_connection("Busy", problem_kind="sync_failed", problem="yesterday's trouble")
    SyncRun.objects.create(
        connection=connection, trigger="person", state="running", started_at=timezone.now()
    )
    html = shown(page)
    assert "Busy" in html
    assert "yesterday&#x27;s trouble" not in html


def test_a_disconnected_account_needs_no_attention(page: Client) -> None:
    a_connection(disconnected_at=timezone.now(), problem="old")
    assert "needs attention" not in shown(page)


def test_figures_are_of_all_connections_or_of_the_chosen_one(page: Client) -> None:
    one, two = a_connection("One"), a_connection("Two")
    a_member(a_workspace(one, "First Org"), "Ada")
    a_member(a_workspace(two, "Second Org"), "Bo")
    assert {"First Org" in shown(page), "Second Org" in shown(page)} == {True}
    html = shown(page, f"connection={two.pk}")
    assert ("First Org" in html, "Second Org" in html) == (False, True)


@pytest.mark.parametrize("asked", ["abc", "0", "-1", "²", "99999999999999999999999", "'"])
def test_a_connection_that_is_not_there_shows_all(asked: str, page: Client) -> None:
    a_member(a_workspace(a_connection(), "Org"), "Ada")
    assert "Org" in shown(page, f"connection={asked}")


def test_a_chosen_connection_without_a_sync_shows_nothing_rather_than_failing(page: Client) -> None:
    a_member(a_workspace(a_connection("One")), "Ada")
    assert shown(page, f"connection={a_connection('Two').pk}")


def test_text_from_asana_is_never_markup(page: Client) -> None:
    a_member(a_workspace(a_connection("</script><b>C"), "</script><b>W"), "Ada")
    html = shown(page)
    assert "<b>C" not in html
    assert "<b>W" not in html


def test_it_costs_the_same_queries_however_many_connections(page: Client) -> None:
    numbers = itertools.count()

    def add(rows: int) -> None:
        for number in itertools.islice(numbers, rows):
            connection = a_connection(f"C{number}", problem="p")
            workspace = a_workspace(connection, f"W{number}", "acme.example")
            member = a_member(workspace, "Ada")
            watch(workspace, EvidenceSource.AUDIT, 200)
            now = timezone.now()
            Change.objects.create(membership=member, kind="joined", happened_at=now, seen_at=now)
            SeatCount.objects.create(
                workspace=workspace, day=now.date(), role="member", licence="member", people=1
            )
            state = "running" if number % 2 else "done"
            SyncRun.objects.create(connection=connection, trigger="person", state=state)

    assert_costs_the_same(page, "/", add)


def test_it_costs_the_same_queries_however_many_people(page: Client) -> None:
    workspace = a_workspace(a_connection(), "Acme Inc", "acme.example")
    watch(workspace, EvidenceSource.AUDIT, 200)
    names = map("Person {}".format, itertools.count())

    def add(rows: int) -> None:
        for name in itertools.islice(names, rows):
            use(a_member(workspace, name), ago(days=120))

    assert_costs_the_same(page, "/", add)
