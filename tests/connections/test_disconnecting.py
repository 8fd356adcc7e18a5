import asyncio

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from django.test import Client
from django.utils.module_loading import import_string
from pytest_django import Settings

from tests.connections.conftest import NOBODY_THERE, checks_of, connect_by_oauth, give_service_token
from tests.connections.test_reconnecting import sync_now
from usher.connections import sync
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.disconnect import disconnect
from usher.connections.models import Connection, ConnectionState, Credentials, SyncRun
from usher.ledger.actors import SYSTEM
from usher.roster.models import Membership
from usher.sandbox import RunningSandbox


def end(browser: Client, connection: Connection, what: str) -> str:
    return browser.post(f"/integrations/{connection.pk}/disconnect/", {"what": what}, follow=True).text


def accepted(sandbox: RunningSandbox, token: str) -> bool:
    answer = httpx.get(f"{sandbox.url}/api/1.0/users/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200


def test_disconnecting_revokes_the_access_at_asana_and_keeps_the_data(
    browser: Client, sandbox: RunningSandbox, https: None
) -> None:
    connection = connect_by_oauth(browser)
    sync_now(connection)
    give_service_token(connection)
    token, known = Credentials.objects.get().access_token, Membership.objects.count()
    assert accepted(sandbox, token)
    page = end(browser, connection, "keep")
    assert "“Acme” is disconnected." in page
    assert not accepted(sandbox, token)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.DISCONNECTED
    assert not connection.has_service_token
    assert connection.next_sync_at is None
    assert not Credentials.objects.exists()
    assert Membership.objects.count() == known > 0


def test_disconnecting_deletes_the_data_when_asked(browser: Client, connection: Connection) -> None:
    sync_now(connection)
    assert "its data is deleted" in end(browser, connection, "delete")
    assert not any(m.objects.exists() for m in (Connection, Credentials, SyncRun, Membership))


def test_the_data_of_a_disconnected_account_can_be_deleted_later(
    browser: Client, connection: Connection
) -> None:
    end(browser, connection, "keep")
    since = Connection.objects.get().disconnected_at
    end(browser, connection, "keep")
    assert Connection.objects.get().disconnected_at == since
    end(browser, connection, "delete")
    assert not Connection.objects.exists()


def test_a_personal_access_token_has_to_be_deleted_in_asana_by_hand(
    browser: Client, connection: Connection
) -> None:
    assert "Usher cannot revoke a personal access token" in end(browser, connection, "keep")


def test_asana_being_down_still_disconnects_and_says_what_to_do_by_hand(
    browser: Client, sandbox: RunningSandbox, https: None, settings: Settings
) -> None:
    connection = connect_by_oauth(browser)
    settings.USHER_ASANA_URL = NOBODY_THERE
    page = end(browser, connection, "keep")
    assert "Revoke it by hand" in page
    assert not Credentials.objects.exists()


def test_a_test_that_comes_too_late_finds_no_tokens_and_changes_nothing(connection: Connection) -> None:
    disconnect(connection, SYSTEM, delete_data=False)
    assert "no longer has tokens" in checks_of(connection)["token"]["detail"]
    assert connection.problem == ""


def test_a_run_that_comes_too_late_fails_in_plain_words(connection: Connection) -> None:
    run = sync.request_run(connection, SyncRun.Trigger.PERSON)
    disconnect(connection, SYSTEM, delete_data=False)
    done = async_to_sync(sync.perform)(run.pk)
    assert (done.state, done.error) == (SyncRun.State.FAILED, "The connection was disconnected.")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("delete_data", [False, True])
def test_a_sync_under_way_stops_when_its_connection_is_ended(
    transactional_db: None, sandbox: RunningSandbox, delete_data: bool
) -> None:
    connection = connect_with_token(ConnectionSettings("Acme"), "sandbox-pat-1", SYSTEM)
    sandbox.sandbox.latency_seconds = 0.4  # the walk takes seconds, so that it can be interrupted
    run = sync.request_run(connection, SyncRun.Trigger.PERSON)
    begun = asyncio.Event()

    def end_elsewhere() -> None:
        try:
            disconnect(connection, SYSTEM, delete_data=delete_data)
        finally:
            connections.close_all()

    async def both() -> None:
        syncing = asyncio.create_task(sync.perform(run.pk, on_progress=lambda _: begun.set()))
        await begun.wait()
        await asyncio.to_thread(end_elsewhere)
        (outcome,) = await asyncio.gather(syncing, return_exceptions=True)
        # By the time that the run looks at itself again it may have been deleted.
        assert isinstance(outcome, SyncRun | SyncRun.DoesNotExist)

    asyncio.run(both())
    assert Connection.objects.exists() != delete_data
    if not delete_data:
        connection.refresh_from_db()
        assert (connection.problem, connection.next_sync_at) == ("", None)
        assert SyncRun.objects.get().error == "The connection was disconnected."


def test_every_function_called_before_data_are_deleted_exists(settings: Settings) -> None:
    called = [import_string(path).__name__ for path in settings.USHER_BEFORE_CONNECTION_DELETED]
    assert called == ["end_cases", "forget_events"]
