"""What is done to a connection stands in the ledger: by whom, with what changed, and never with a secret."""

import pytest
from django.test import Client

from tests.connections.conftest import TOKEN, connect_by_oauth
from usher.access.models import User
from usher.connections.disconnect import disconnect
from usher.connections.jobs import start_sync
from usher.connections.models import Connection, SyncRun
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.sandbox import RunningSandbox


def newest() -> Entry:
    return Entry.objects.latest("number")


def test_who_connects_is_recorded_with_what_was_chosen(
    browser: Client, user: User, sandbox: RunningSandbox
) -> None:
    browser.post("/integrations/connect/", TOKEN | {"mode": "act"})
    connection = Connection.objects.get()
    entry = newest()
    assert (entry.action, entry.actor_name, entry.actor_user_id) == (
        "connection.connected",
        user.username,
        user.pk,
    )
    assert entry.subject.startswith(f"connection {connection.pk}: “Acme”, as {connection.asana_user_name} <")
    assert entry.before is None
    assert entry.after["mode"] == "act"


def test_who_connects_by_oauth_is_recorded(
    browser: Client, user: User, sandbox: RunningSandbox, https: None
) -> None:
    connect_by_oauth(browser)
    assert (newest().action, newest().actor_user_id) == ("connection.connected", user.pk)


def test_new_tokens_for_an_account_are_a_reconnect(browser: Client, connection: Connection) -> None:
    browser.post(f"/integrations/{connection.pk}/reconnect/", TOKEN | {"mode": "act"})
    assert newest().action == "connection.reconnected"
    assert (newest().before["mode"], newest().after["mode"]) == ("read", "act")


CHANGE = {"name": "Acme", "mode": "read", "workspace_gid": "", "service_token": "", "time_zone": "UTC"}


@pytest.fixture
def unchanged(connection: Connection) -> dict[str, str]:
    return CHANGE | {"sync_at": f"{connection.sync_at:%H:%M}"}


def test_of_a_change_only_what_is_different_is_recorded(
    browser: Client, connection: Connection, unchanged: dict[str, str]
) -> None:
    browser.post(f"/integrations/{connection.pk}/change/", unchanged | {"mode": "act", "sync_at": "05:15"})
    entry = newest()
    assert entry.action == "connection.changed"
    assert entry.after == {"mode": "act", "sync_at": "05:15"}
    assert entry.before == {"mode": "read", "sync_at": unchanged["sync_at"]}


def test_a_form_sent_as_it_was_is_no_change(
    browser: Client, connection: Connection, unchanged: dict[str, str]
) -> None:
    browser.post(f"/integrations/{connection.pk}/change/", unchanged)
    assert newest().action == "connection.connected"


def test_of_a_new_service_token_it_is_told_that_there_is_one(
    browser: Client, connection: Connection, unchanged: dict[str, str]
) -> None:
    for _ in range(2):
        browser.post(
            f"/integrations/{connection.pk}/change/", unchanged | {"service_token": "sandbox-service-1"}
        )
    first, second = Entry.objects.filter(action="connection.changed").order_by("number")
    assert first.after == {"has_service_token": True, "service_token": "a new one"}
    assert second.after == {"service_token": "a new one"}


def test_a_change_that_is_refused_is_not_recorded(
    browser: Client, connection: Connection, unchanged: dict[str, str]
) -> None:
    browser.post(f"/integrations/{connection.pk}/change/", unchanged | {"workspace_gid": "12345"})
    assert newest().action == "connection.connected"


def test_disconnecting_is_recorded_once_and_deleting_by_itself(
    browser: Client, connection: Connection
) -> None:
    for _ in range(2):
        browser.post(f"/integrations/{connection.pk}/disconnect/", {"what": "keep"})
    browser.post(f"/integrations/{connection.pk}/disconnect/", {"what": "delete"})
    actions = Entry.objects.order_by("number").values_list("action", "actor_name")
    assert list(actions)[1:] == [
        ("connection.disconnected", "ada@example.com"),
        ("connection.deleted", "ada@example.com"),
    ]
    assert not Connection.objects.exists()


def test_who_answers_that_people_left_is_recorded_once_a_run(
    browser: Client, connection: Connection, user: User
) -> None:
    run = start_sync(connection, SyncRun.Trigger.PERSON)
    SyncRun.objects.filter(pk=run.pk).update(state="asking")
    for _ in range(2):
        browser.post(f"/integrations/{connection.pk}/answer/", {"left": "yes"})
    accepted = Entry.objects.filter(action="connection.vanished_accepted")
    assert list(accepted.values_list("actor_user_id", "after__run")) == [
        (user.pk, SyncRun.objects.latest("pk").pk)
    ]


def test_who_answers_that_they_did_not_leave_is_recorded(browser: Client, connection: Connection) -> None:
    run = start_sync(connection, SyncRun.Trigger.PERSON)
    SyncRun.objects.filter(pk=run.pk).update(state="asking")
    browser.post(f"/integrations/{connection.pk}/answer/", {"left": "no"})
    assert newest().action == "connection.vanished_declined"


def test_a_new_oauth_app_is_recorded_without_its_secret(browser: Client, db: None) -> None:
    for client_id in ("one", "two"):
        browser.post("/integrations/app/", {"client_id": client_id, "client_secret": "very-secret"})
    assert newest().before == {"client_id": "one"}
    assert newest().after == {"client_id": "two", "client_secret": "a new one"}


def test_no_token_is_ever_in_the_ledger(
    browser: Client, connection: Connection, unchanged: dict[str, str]
) -> None:
    browser.post(f"/integrations/{connection.pk}/reconnect/", TOKEN | {"service_token": "sandbox-service-1"})
    browser.post("/integrations/app/", {"client_id": "one", "client_secret": "very-secret"})
    disconnect(connection, SYSTEM, delete_data=True)
    kept = str(list(Entry.objects.values()))
    assert not any(secret in kept for secret in ("sandbox-pat", "sandbox-service", "very-secret"))
