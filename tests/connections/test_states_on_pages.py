"""What the list and a connection's own page say of it, and the button that mends it."""

from datetime import time
from itertools import cycle

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.queries import assert_costs_the_same
from tests.support.roster.people import a_connection
from usher.connections.attention import needing_attention, needs_attention
from usher.connections.models import Connection, ConnectionState, SyncRun
from usher.connections.states import ProblemKind, Solution, SyncStep
from usher.roster.models import Workspace


def pages(browser: Client, connection: Connection) -> tuple[str, str]:
    connection.refresh_from_db()
    return browser.get("/integrations/").text, browser.get(f"/integrations/{connection.pk}/").text


def test_no_connection_yet_leads_to_connect(browser: Client) -> None:
    page = browser.get("/integrations/").text
    assert "No Asana account is connected yet" in page
    assert 'href="/integrations/connect/"' in page


def test_new(browser: Client, connection: Connection) -> None:
    for page in pages(browser, connection):
        assert "Not synced yet" in page
        assert f'action="/integrations/{connection.pk}/sync/"' in page


def test_syncing_shows_progress_and_asks_for_more(browser: Client, connection: Connection) -> None:
    SyncRun.objects.create(
        connection=connection,
        trigger="person",
        state="running",
        step="read_people:Acme",
        progress=1234,
        progress_total=5000,
    )
    row, detail = pages(browser, connection)
    for page in (row, detail):
        assert "Syncing" in page
        assert "Reading people of Acme" in page
        assert "1,234" in page
    assert f'hx-get="/integrations/{connection.pk}/row/"' in row
    assert f'hx-get="/integrations/{connection.pk}/health/"' in detail
    assert "1,234" in browser.get(f"/integrations/{connection.pk}/row/").text
    assert "1,234" in browser.get(f"/integrations/{connection.pk}/health/").text


def test_a_queued_run_waits_for_a_worker(browser: Client, connection: Connection) -> None:
    SyncRun.objects.create(connection=connection, trigger="person")
    assert all("Waiting for a worker" in page for page in pages(browser, connection))


def test_synced(browser: Client, connection: Connection) -> None:
    Connection.objects.update(last_synced_at=timezone.now())
    row, detail = pages(browser, connection)
    assert connection.state == ConnectionState.SYNCED
    assert f'id="connection-{connection.pk}" data-state="synced"' in row
    assert "hx-trigger" not in browser.get(f"/integrations/{connection.pk}/row/").text
    assert "Connected and synced" in detail


MENDED_BY = {
    "not_authorized": 'href="/integrations/{pk}/reconnect/"',
    "asking": 'href="/integrations/{pk}/#question"',
    "test_failed": 'href="/integrations/{pk}/test/"',
    "unreachable": 'href="/integrations/{pk}/test/"',
    "sync_failed": 'action="/integrations/{pk}/sync/"',
}


@pytest.mark.parametrize("kind", MENDED_BY)
def test_attention_says_why_and_has_the_button_that_mends_it(
    browser: Client, connection: Connection, kind: str
) -> None:
    connection.set_problem(kind, "Asana said <no>.", "Do this.")
    row = browser.get(f"/integrations/{connection.pk}/row/").text
    health = browser.get(f"/integrations/{connection.pk}/health/").text
    for page in (row, health):
        assert "Needs attention" in page
        assert "Asana said &lt;no&gt;." in page
        assert MENDED_BY[kind].format(pk=connection.pk) in page
    assert "Do this." in health


def test_a_question_is_asked_with_both_answers(browser: Client, connection: Connection) -> None:
    SyncRun.objects.create(
        connection=connection, trigger="schedule", state="asking", error="9 of 20 vanished."
    )
    connection.set_problem("asking", "9 of 20 vanished.", "Answer.")
    page = browser.get(f"/integrations/{connection.pk}/").text
    assert 'id="question"' in page
    assert "9 of 20 vanished." in page
    assert 'name="left" value="no"' in page
    assert 'name="left" value="yes"' in page


def test_disconnected(browser: Client, connection: Connection) -> None:
    browser.post(f"/integrations/{connection.pk}/disconnect/", {"what": "keep"})
    row, detail = pages(browser, connection)
    for page in (row, detail):
        assert "Disconnected" in page
        assert f'href="/integrations/{connection.pk}/reconnect/"' in page
    assert f'action="/integrations/{connection.pk}/sync/"' not in detail


def test_a_name_with_markup_stays_text(browser: Client, connection: Connection) -> None:
    Connection.objects.update(name="<b>Acme</b>", asana_user_name="<i>Astrid</i>")
    for page in pages(browser, connection):
        assert "<b>Acme" not in page
        assert "<i>Astrid" not in page


def test_the_list_costs_as_many_queries_for_many_connections_as_for_few(browser: Client) -> None:
    states: dict[str, dict[str, object]] = {
        "new": {},
        "synced": {"last_synced_at": timezone.now()},
        "attention": {"problem": "Refused.", "problem_kind": "not_authorized"},
        "disconnected": {"disconnected_at": timezone.now()},
        "syncing": {},
    }

    def add_connections(count: int) -> None:
        first = Connection.objects.count()
        for number, (state, fields) in zip(range(first, first + count), cycle(states.items()), strict=False):
            connection = Connection.objects.create(
                name=f"Account {number}", asana_user_gid=str(number), sync_at=time(3), **fields
            )
            if state == "syncing":
                SyncRun.objects.create(connection=connection, trigger="person", state="running")

    assert_costs_the_same(browser, "/integrations/", add_connections)
    assert_costs_the_same(browser, "/integrations/?state=attention", add_connections)
    page = browser.get("/integrations/").text
    assert all(f'data-state="{state}"' in page for state in states)


def test_the_page_of_a_connection_costs_as_many_queries_for_many_syncs_and_workspaces_as_for_few(
    browser: Client, connection: Connection
) -> None:
    def add_syncs_and_workspaces(count: int) -> None:
        for _ in range(count):
            SyncRun.objects.create(connection=connection, trigger="person", state="done")
            gid = str(Workspace.objects.count())
            Workspace.objects.create(connection=connection, gid=gid, name="Acme", is_organization=True)

    assert_costs_the_same(browser, f"/integrations/{connection.pk}/", add_syncs_and_workspaces)


@pytest.mark.parametrize("kind", ProblemKind)
def test_every_problem_has_a_button_that_solves_it(
    browser: Client, connection: Connection, kind: ProblemKind
) -> None:
    connection.set_problem(kind, "Something is wrong.", "Solve it.")
    offered = {
        Solution.RECONNECT: f'href="/integrations/{connection.pk}/reconnect/"',
        Solution.CHANGE: f'href="/integrations/{connection.pk}/change/"',
        Solution.ANSWER: f'href="/integrations/{connection.pk}/#question"',
        Solution.SEE_TEST: f'href="/integrations/{connection.pk}/test/"',
        Solution.SYNC: f'action="/integrations/{connection.pk}/sync/"',
    }[kind.solution]
    assert offered in browser.get("/integrations/").text


@pytest.mark.parametrize(
    ("stored", "label", "unit"),
    [
        ("", "", ""),
        ("read_people:Acme, Beta: EU", "Reading people of Acme, Beta: EU", "people"),
        ("people_read:", "People are up to date", "people"),
        ("read_audit_log:Acme", "Reading the audit log of Acme", "events"),
        ("compute_usage:", "Computing usage", ""),
        ("Reading people of Acme", "Reading people of Acme", ""),  # as version 0.1.0 stored it
    ],
)
def test_a_step_says_what_it_does_and_what_it_counts(stored: str, label: str, unit: str) -> None:
    run = SyncRun(step=stored)
    assert (run.step_label, run.unit) == (label, unit)


def test_a_long_list_of_workspaces_is_cut_to_the_column() -> None:
    run = SyncRun()
    run.set_step(SyncStep.READ_PEOPLE, "Acme, " * 100)
    assert len(run.step) == 200
    assert run.step_label.startswith("Reading people of Acme, ")


@pytest.mark.django_db
def test_one_connection_needs_attention_where_the_list_of_them_says_so() -> None:
    fine, refused, syncing, gone = (a_connection(name) for name in ("Fine", "Refused", "Syncing", "Gone"))
    Connection.objects.exclude(pk=fine.pk).update(problem="Refused.")
    Connection.objects.filter(pk=gone.pk).update(disconnected_at=timezone.now())
    SyncRun.objects.create(connection=syncing, trigger="person", state="running")
    with_a_run = set(SyncRun.objects.filter(state__in=SyncRun.OPEN).values_list("connection", flat=True))
    told = [one for one in Connection.objects.all() if needs_attention(one, with_a_run)]
    assert told == list(needing_attention()) == [refused]
