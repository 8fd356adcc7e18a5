"""What the list and a connection's own page say of it, and the button that mends it."""

import pytest
from django.test import Client
from django.utils import timezone

from usher.connections.models import Connection, ConnectionState, SyncRun


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
