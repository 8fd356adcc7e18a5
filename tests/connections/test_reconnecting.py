"""Reconnect: new tokens for a connection that exists."""

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from tests.connections.conftest import (
    TOKEN,
    begin,
    checks_of,
    connect_by_oauth,
    gid_of,
    give_service_token,
    way_back,
)
from usher.connections import sync
from usher.connections.disconnect import disconnect
from usher.connections.models import ConnectAttempt, Connection, Credentials, SyncRun
from usher.ledger.actors import SYSTEM
from usher.roster.models import Membership
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.usefixtures("db", "sandbox")


def sync_now(connection: Connection) -> SyncRun:
    return async_to_sync(sync.perform)(sync.request_run(connection, SyncRun.Trigger.PERSON).pk)


def reconnect_path(connection: Connection) -> str:
    return f"/integrations/{connection.pk}/reconnect/"


def test_reconnecting_gives_new_tokens_and_keeps_history_and_service_token(
    browser: Client, https: None
) -> None:
    connection = connect_by_oauth(browser)
    sync_now(connection)
    give_service_token(connection)
    known, old = Membership.objects.count(), Credentials.objects.get().refresh_token
    again = connect_by_oauth(browser, reconnect_path(connection))
    assert again.pk == connection.pk
    assert Membership.objects.count() == known > 0
    assert SyncRun.objects.count() == 1
    credentials = Credentials.objects.get()
    assert credentials.refresh_token != old
    assert (credentials.service_token, again.has_service_token) == ("sandbox-service-1", True)


def test_reconnecting_with_a_new_service_token_replaces_the_old_one(
    browser: Client, connection: Connection
) -> None:
    browser.post(reconnect_path(connection), TOKEN | {"service_token": "sandbox-service-noaudit"})
    assert Credentials.objects.get().service_token == "sandbox-service-noaudit"


@pytest.mark.parametrize("delete_data", [False, True])
def test_after_a_disconnect_the_same_account_can_be_connected_again(
    browser: Client, connection: Connection, delete_data: bool
) -> None:
    sync_now(connection)
    old, known = connection.pk, Membership.objects.count()
    disconnect(connection, SYSTEM, delete_data=delete_data)
    browser.post("/integrations/connect/", TOKEN | {"name": "Acme again"})
    connected = Connection.objects.get()
    assert connected.name == "Acme again"
    assert connected.is_connected
    assert (connected.pk == old, Membership.objects.count()) == ((False, 0) if delete_data else (True, known))


def test_reconnecting_as_another_account_is_refused_by_oauth(
    browser: Client, https: None, sandbox: RunningSandbox
) -> None:
    connection = connect_by_oauth(browser)
    old = Credentials.objects.get().refresh_token
    page = browser.get(way_back(begin(browser, reconnect_path(connection)), account=1), follow=True).text
    assert "You allowed access as Noor van Dijk, but this connection belongs to Astrid Halvorsen" in page
    assert Credentials.objects.get().refresh_token == old
    assert len(sandbox.sandbox.oauth._revoked_grants) == 1
    assert checks_of(connection)["token"]["outcome"] == "passed"


def test_reconnecting_as_another_account_is_refused_by_token(browser: Client, connection: Connection) -> None:
    page = browser.post(reconnect_path(connection), TOKEN | {"token": "sandbox-pat-2"}).text
    assert "this connection belongs to Astrid Halvorsen" in page
    assert Credentials.objects.get().access_token == "sandbox-pat-1"


def test_an_account_of_another_connection_is_not_taken_by_reconnect(
    browser: Client, connection: Connection
) -> None:
    browser.post("/integrations/connect/", TOKEN | {"name": "Tideway", "token": "sandbox-pat-2"})
    page = browser.post(reconnect_path(connection), TOKEN | {"token": "sandbox-pat-2"}).text
    assert "this connection belongs to Astrid Halvorsen" in page


def test_reconnecting_mends_a_refused_token(browser: Client, connection: Connection) -> None:
    connection.set_problem("not_authorized", "Asana does not accept the token.", "Reconnect.")
    browser.post(reconnect_path(connection), TOKEN)
    connection.refresh_from_db()
    assert (connection.problem, connection.problem_kind) == ("", "")


def test_reconnecting_leaves_a_question_open(browser: Client, connection: Connection) -> None:
    connection.set_problem("asking", "Did they leave?", "Answer.")
    browser.post(reconnect_path(connection), TOKEN)
    connection.refresh_from_db()
    assert connection.problem_kind == "asking"


def test_a_connection_deleted_on_the_way_through_asana_is_not_brought_back(
    browser: Client, https: None
) -> None:
    connection = connect_by_oauth(browser)
    back = way_back(begin(browser, reconnect_path(connection)))
    disconnect(connection, SYSTEM, delete_data=True)
    assert "was not started here" in browser.get(back, follow=True).text
    assert not Connection.objects.exists()
    assert not ConnectAttempt.objects.exists()


def test_the_form_starts_with_what_the_connection_is_and_without_its_secrets(
    browser: Client, sandbox: RunningSandbox
) -> None:
    gid = gid_of(sandbox, "Side Projects")
    browser.post("/integrations/connect/", TOKEN | {"workspace_gid": gid, "mode": "act"})
    page = browser.get(reconnect_path(Connection.objects.get())).text
    assert 'value="Acme"' in page
    assert f'value="{gid}"' in page
    assert "sandbox-pat-1" not in page
