"""Tokens: encrypted at rest, never shown, refreshed and kept, whoever else refreshes them."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from cryptography.fernet import Fernet
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from tests.connections.conftest import OAUTH, TOKEN, begin, checks_of, connect_by_oauth, way_back
from usher.asana import NotAuthorized
from usher.connections import sync
from usher.connections.models import (
    AsanaApp,
    ConnectAttempt,
    Connection,
    ConnectionState,
    Credentials,
    SyncRun,
)
from usher.connections.oauth_app import oauth_app, store_app
from usher.connections.stored_token import StoredToken
from usher.ledger.actors import SYSTEM
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.usefixtures("db", "sandbox")


@pytest.fixture
def by_oauth(browser: Client, https: None) -> Connection:
    return connect_by_oauth(browser, service_token="sandbox-service-1")


def secrets_of(connection: Connection) -> list[str]:
    credentials = Credentials.objects.get(connection=connection)
    return [credentials.access_token, credentials.refresh_token, credentials.service_token]


def everything_in(table: str) -> str:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return repr(cursor.fetchall())


def test_no_table_holds_a_token_in_clear(browser: Client, by_oauth: Connection) -> None:
    store_app("id", "secret-of-the-app", SYSTEM)
    begin(browser, name="Other", service_token="sandbox-service-2")
    attempt = ConnectAttempt.objects.get()
    hidden = [*secrets_of(by_oauth), "sandbox-service-2", attempt.code_verifier, "secret-of-the-app"]
    assert all(hidden)
    for model in (Connection, Credentials, ConnectAttempt, AsanaApp):
        stored = everything_in(model._meta.db_table)
        assert not any(secret in stored for secret in hidden)


def test_no_page_shows_a_token(browser: Client, by_oauth: Connection) -> None:
    checks_of(by_oauth)
    hidden = [*secrets_of(by_oauth), "sandbox-secret"]
    own = f"/integrations/{by_oauth.pk}/"
    for path in (
        "/integrations/",
        "/integrations/app/",
        "/integrations/connect/",
        own,
        *(own + part for part in ("row/", "health/", "test/", "change/", "reconnect/", "disconnect/")),
    ):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert not any(secret in answer.text for secret in hidden), path


def test_a_form_that_is_refused_does_not_send_its_secrets_back(browser: Client, https: None) -> None:
    given = {"token": "my-own-token", "service_token": "my-service-token", "workspace_gid": "bad"}
    page = browser.post("/integrations/connect/", TOKEN | given).text
    assert "digits only" in page
    assert "my-own-token" not in page
    assert "my-service-token" not in page


def test_nothing_logged_holds_a_token(
    browser: Client, https: None, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    back = way_back(begin(browser, service_token="sandbox-service-noaudit"))
    code = back.split("code=")[1].split("&")[0]
    browser.get(back)
    connection = Connection.objects.get()
    Credentials.objects.update(expires_at=timezone.now())
    checks_of(connection)
    sandbox.post_faults(revoked_app=True)
    checks_of(connection)
    async_to_sync(sync.perform)(sync.request_run(connection, SyncRun.Trigger.PERSON).pk)
    browser.post(f"/integrations/{connection.pk}/disconnect/", {"what": "keep"})
    hidden = ["sandbox-access-", "sandbox-refresh-", "sandbox-service-noaudit", "sandbox-secret"]
    written = [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    assert any("failed" in line for line in written)
    # httpx and Django's test client log the address of the way back; the code in it is used up.
    assert not any(secret in line for secret in hidden for line in written)
    assert not any(code in r.getMessage() for r in caplog.records if r.name.startswith("usher"))


def test_no_token_is_in_the_repr_of_what_is_stored(by_oauth: Connection) -> None:
    credentials = Credentials.objects.get()
    shown = f"{credentials!r} {credentials} {by_oauth!r} {oauth_app()!r}"
    assert not any(secret in shown for secret in [*secrets_of(by_oauth), "sandbox-secret"])


# Refreshing


def test_a_token_about_to_expire_is_refreshed_and_stored_with_its_refresh_token(by_oauth: Connection) -> None:
    access, refresh, service = secrets_of(by_oauth)
    Credentials.objects.update(expires_at=timezone.now() + timedelta(seconds=50))
    assert checks_of(by_oauth)["token"]["outcome"] == "passed"
    fresh = Credentials.objects.get()
    assert fresh.access_token != access
    assert (fresh.refresh_token, fresh.service_token) == (refresh, service)
    assert fresh.expires_at is not None
    assert fresh.expires_at > timezone.now() + timedelta(minutes=50)


def test_a_token_that_asana_finds_expired_is_refreshed_and_stored(
    by_oauth: Connection, sandbox: RunningSandbox
) -> None:
    access, refresh, _ = secrets_of(by_oauth)
    sandbox.post_faults(expire_tokens=True)
    assert checks_of(by_oauth)["token"]["outcome"] == "passed"
    fresh = Credentials.objects.get()
    assert fresh.access_token != access
    assert fresh.refresh_token == refresh


def opened(expired: bool = True) -> StoredToken:
    """The tokens as another process has read them a while ago."""
    app, credentials = oauth_app(), Credentials.objects.select_related("connection").get()
    assert app is not None
    if expired:
        credentials.expires_at = timezone.now()
    return StoredToken(app, credentials)


def test_a_refresh_does_not_undo_a_reconnect(browser: Client, by_oauth: Connection) -> None:
    elsewhere = opened()
    connect_by_oauth(browser, f"/integrations/{by_oauth.pk}/reconnect/")
    reconnected = secrets_of(by_oauth)
    token = async_to_sync(elsewhere.access_token)()
    assert token not in reconnected  # the old grant still serves who holds it
    assert secrets_of(by_oauth) == reconnected


def test_a_refresh_does_not_bring_back_what_was_disconnected(browser: Client, by_oauth: Connection) -> None:
    elsewhere = opened()
    Credentials.objects.all().delete()
    async_to_sync(elsewhere.access_token)()
    assert not Credentials.objects.exists()


def test_a_refresh_does_not_replace_a_personal_access_token(browser: Client, by_oauth: Connection) -> None:
    elsewhere = opened()
    browser.post(f"/integrations/{by_oauth.pk}/reconnect/", TOKEN)
    async_to_sync(elsewhere.access_token)()
    assert Credentials.objects.get().access_token == "sandbox-pat-1"


@pytest.mark.parametrize("ask", ["access_token", "renew"])
def test_a_refused_refresh_finds_the_newer_tokens_that_are_stored(
    browser: Client, by_oauth: Connection, sandbox: RunningSandbox, ask: str
) -> None:
    old_access, old_refresh, _ = secrets_of(by_oauth)
    elsewhere = opened(expired=ask == "access_token")
    connect_by_oauth(browser, f"/integrations/{by_oauth.pk}/reconnect/")
    sandbox.sandbox.oauth.revoke(old_refresh)

    async def all_at_once() -> list[str]:
        if ask == "renew":
            await asyncio.gather(*(elsewhere.renew(old_access) for _ in range(5)))
        return await asyncio.gather(*(elsewhere.access_token() for _ in range(5)))

    assert set(async_to_sync(all_at_once)()) == {secrets_of(by_oauth)[0]}


def test_a_refused_refresh_without_newer_tokens_is_not_authorized(
    by_oauth: Connection, sandbox: RunningSandbox
) -> None:
    elsewhere = opened()
    sandbox.sandbox.oauth.revoke(secrets_of(by_oauth)[1])
    with pytest.raises(NotAuthorized):
        async_to_sync(elsewhere.access_token)()


def test_the_tokens_of_a_connection_have_no_repr_of_their_own(by_oauth: Connection) -> None:
    assert not any(secret in repr(opened()) for secret in secrets_of(by_oauth))


# A lost key


@pytest.fixture
def lose_the_key(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setenv("USHER_ENCRYPTION_KEYS", Fernet.generate_key().decode())


def test_without_the_key_every_page_still_comes_and_says_what_is_wrong(
    browser: Client, by_oauth: Connection, lose_the_key: Callable[[], None]
) -> None:
    lose_the_key()
    own = f"/integrations/{by_oauth.pk}/"
    for path in ("/integrations/", "/integrations/app/", own, own + "change/", own + "reconnect/"):
        assert browser.get(path).status_code == 200
    checks = checks_of(by_oauth)
    assert "cannot be read" in checks["token"]["detail"]
    assert "Put the old key back" in checks["token"]["remedy"]
    assert by_oauth.problem_kind == "not_authorized"
    run = async_to_sync(sync.perform)(sync.request_run(by_oauth, SyncRun.Trigger.PERSON).pk)
    assert (run.state, "cannot be read" in run.error) == (SyncRun.State.FAILED, True)
    changed = {"name": "Acme", "mode": "read", "workspace_gid": "1", "sync_at": "03:00", "time_zone": "UTC"}
    assert "cannot be read" in browser.post(own + "change/", changed).text


def test_without_the_key_reconnecting_mends_all_but_the_service_token(
    browser: Client, by_oauth: Connection, lose_the_key: Callable[[], None]
) -> None:
    lose_the_key()
    again = connect_by_oauth(browser, f"/integrations/{by_oauth.pk}/reconnect/")
    assert (again.pk, again.has_service_token) == (by_oauth.pk, False)
    assert checks_of(again)["token"]["outcome"] == "passed"


@pytest.mark.parametrize("what", ["keep", "delete"])
def test_without_the_key_disconnecting_works_and_says_what_to_do_by_hand(
    browser: Client, by_oauth: Connection, lose_the_key: Callable[[], None], what: str
) -> None:
    lose_the_key()
    page = browser.post(f"/integrations/{by_oauth.pk}/disconnect/", {"what": what}, follow=True).text
    assert "Revoke it by hand" in page
    assert Connection.objects.filter(disconnected_at=None).count() == 0
    assert not Credentials.objects.exists()


def test_without_the_key_the_app_counts_as_not_set_and_can_be_set_anew(
    browser: Client, lose_the_key: Callable[[], None]
) -> None:
    store_app("sandbox-client", "sandbox-secret", SYSTEM)
    lose_the_key()
    assert oauth_app() is None
    assert browser.post("/integrations/connect/", OAUTH).status_code == 200
    browser.post("/integrations/app/", {"client_id": "a", "client_secret": "b"})
    assert oauth_app() is not None


def test_a_connection_with_tokens_that_cannot_be_read_needs_attention(
    by_oauth: Connection, lose_the_key: Callable[[], None]
) -> None:
    lose_the_key()
    checks_of(by_oauth)
    assert by_oauth.state == ConnectionState.ATTENTION
