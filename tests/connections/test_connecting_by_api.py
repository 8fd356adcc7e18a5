"""Connecting, changing and disconnecting accounts by the REST API, as a person does on the pages."""

import logging
from datetime import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.connections.conftest import NOBODY_THERE, connect_by_oauth, gid_of, give_service_token
from tests.connections.test_reconnecting import sync_now
from tests.support.rest import api_of
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection, ConnectionTest, Credentials, SyncRun
from usher.connections.states import ProblemKind
from usher.ledger.models import Entry
from usher.platform.locks import Lock, lock_async
from usher.roster.models import Membership
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.usefixtures("db", "sandbox")

JSON = "application/json"


@pytest.fixture
def program(db: None) -> Client:
    return api_of(UserRole.ADMIN)


def post(program: Client, address: str, key: str = "", **body: object) -> Any:  # a test response
    headers = {"Idempotency-Key": key} if key else {}
    return program.post(f"/api/v1/{address}", body, content_type=JSON, headers=headers)


def patch(program: Client, connection: Connection, **body: object) -> Any:
    answer = program.patch(f"/api/v1/connections/{connection.pk}", body, content_type=JSON)
    connection.refresh_from_db()
    return answer


def errors(answer: HttpResponse) -> dict[str, str]:
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return {each["field"]: each["message"] for each in answer.json()["errors"]}  # type: ignore[attr-defined]


def test_an_account_is_connected_by_token_tested_and_recorded(
    program: Client, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gid = gid_of(sandbox, "Halvorsen & Brook")
    answer = post(
        program,
        "connections",
        name=" Acme ",
        mode="act",
        token="sandbox-pat-1",
        workspace_gid=gid,
        service_token="sandbox-service-1",
    )
    assert answer.status_code == 201
    told = answer.json()
    assert (told["name"], told["mode"], told["workspace_gid"]) == ("Acme", "act", gid)
    assert (told["asana_user_name"], told["has_service_token"]) == ("Astrid Halvorsen", True)
    assert "sandbox-" not in answer.text
    stored = Credentials.objects.get(connection=told["id"])
    assert (stored.access_token, stored.service_token) == ("sandbox-pat-1", "sandbox-service-1")
    assert ConnectionTest.objects.filter(connection=told["id"]).exists()
    entry = Entry.objects.get(action="connection.connected")
    assert (entry.connection_id, entry.via) == (told["id"], "api")
    assert "sandbox-" not in str(entry.after)
    assert not any(token in caplog.text for token in ("sandbox-pat-1", "sandbox-service-1"))


def test_sent_twice_with_a_key_it_is_connected_once(program: Client) -> None:
    sent = [post(program, "connections", "k-1", name="Acme", token="sandbox-pat-1") for _ in range(2)]
    assert [each.status_code for each in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert Connection.objects.count() == ConnectionTest.objects.count() == 1


def test_oauth_needs_a_browser_and_the_answer_names_the_page(program: Client, connection: Connection) -> None:
    answer = post(program, "connections", name="Other", authorization="oauth")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:usher:problem:needs-browser"
    assert "/integrations/connect/" in answer.json()["remedy"]
    again = post(program, f"connections/{connection.pk}/reconnect", authorization="oauth")
    assert f"/integrations/{connection.pk}/reconnect/" in again.json()["remedy"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"token": "sandbox-revoked"}, "token", "Asana does not accept the token"),
        ({"token": "two words"}, "token", "This is not an Asana token"),
        ({}, "token", "Give a personal access token"),
        ({"workspace_gid": "12345"}, "workspace_gid", "does not see an organization or workspace"),
        ({"workspace_gid": "12a"}, "workspace_gid", "pattern"),
        ({"service_token": "sandbox-service-2"}, "service_token", "belongs to another organization"),
        ({"name": " "}, "name", "at least 1 character"),
        ({"name": "Tideway"}, "name", "exists already"),
        ({"mode": "rule"}, "mode", "read"),
        ({"acess": "read"}, "acess", "not permitted"),
    ],
)
def test_what_does_not_fit_is_named_by_field_and_connects_nothing(
    program: Client, body: dict[str, object], field: str, words: str
) -> None:
    post(program, "connections", name="Tideway", token="sandbox-pat-2")
    token = {} if field == "token" else {"token": "sandbox-pat-1"}
    answer = post(program, "connections", **{"name": "Acme", **token, **body})
    assert words in errors(answer)[field]
    secrets = [str(body[name]) for name in ("token", "service_token") if name in body]
    assert not any(secret in answer.text for secret in secrets)
    assert Connection.objects.count() == 1


def test_the_same_account_twice_is_a_conflict(program: Client, connection: Connection) -> None:
    answer = post(program, "connections", name="Again", token="sandbox-pat-1")
    assert answer.status_code == 409
    assert "is already connected, as “Acme”" in answer.json()["detail"]


def test_asana_being_away_is_said_and_nothing_is_connected(program: Client, settings: Settings) -> None:
    settings.USHER_ASANA_URL = NOBODY_THERE
    answer = post(program, "connections", name="Acme", token="sandbox-pat-1")
    assert answer.status_code == 409
    assert "cannot reach Asana" in answer.json()["detail"]
    assert not Connection.objects.exists()


def test_new_tokens_keep_what_is_not_given(program: Client, connection: Connection) -> None:
    give_service_token(connection)
    Connection.objects.update(mode="act")
    answer = post(program, f"connections/{connection.pk}/reconnect", token="sandbox-pat-1")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["name"], told["mode"], told["has_service_token"]) == ("Acme", "act", True)
    assert Credentials.objects.get().service_token == "sandbox-service-1"
    assert Entry.objects.filter(action="connection.reconnected").count() == 1


def test_new_tokens_of_another_account_are_refused(program: Client, connection: Connection) -> None:
    answer = post(program, f"connections/{connection.pk}/reconnect", token="sandbox-pat-2")
    assert answer.status_code == 409
    assert "this connection belongs to Astrid Halvorsen" in answer.json()["detail"]
    assert Credentials.objects.get().access_token == "sandbox-pat-1"


def test_a_disconnected_account_can_be_connected_again_by_its_number(
    program: Client, connection: Connection
) -> None:
    post(program, f"connections/{connection.pk}/disconnect")
    answer = post(program, f"connections/{connection.pk}/reconnect", token="sandbox-pat-1")
    assert (answer.status_code, answer.json()["disconnected_at"]) == (200, None)


def test_everything_that_the_page_changes_is_changed(
    program: Client, connection: Connection, sandbox: RunningSandbox
) -> None:
    wanted = {
        "name": "Acme Ltd",
        "mode": "act",
        "workspace_gid": gid_of(sandbox, "Side Projects"),
        "sync_at": "05:30",
        "time_zone": "Asia/Kathmandu",
        "holiday_calendar": "DE-BY",
        "requires_sso": True,
    }
    answer = patch(program, connection, **wanted, service_token="sandbox-service-noaudit")
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in wanted} == wanted
    assert answer.json()["has_service_token"]
    assert (connection.sync_at, connection.time_zone) == (time(5, 30), "Asia/Kathmandu")
    assert Credentials.objects.get().service_token == "sandbox-service-noaudit"
    assert ConnectionTest.objects.count() == 1
    entry = Entry.objects.get(action="connection.changed")
    assert set(entry.after) == {*wanted, "has_service_token", "service_token"}
    assert "noaudit" not in str(entry.after)


def test_what_is_not_given_stays_and_leaves_no_entry(program: Client, connection: Connection) -> None:
    give_service_token(connection)
    before = Connection.objects.values().get()
    assert patch(program, connection).status_code == 200
    assert Connection.objects.values().get() == before
    assert Credentials.objects.get().service_token == "sandbox-service-1"
    assert not Entry.objects.filter(action="connection.changed").exists()


def test_a_service_token_is_forgotten_when_asked(program: Client, connection: Connection) -> None:
    give_service_token(connection)
    both = patch(program, connection, forget_service_token=True, service_token="sandbox-service-1")
    assert "not both" in errors(both)["service_token"]
    assert patch(program, connection, forget_service_token=True).status_code == 200
    assert Credentials.objects.get().service_token == ""
    assert not connection.has_service_token


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"sync_at": "25:00"}, "sync_at"),
        ({"holiday_calendar": "Mars"}, "holiday_calendar"),
        ({"holiday_calendar": "HolidayBase"}, "holiday_calendar"),
        ({"holiday_calendar": "DE-TX"}, "holiday_calendar"),
        ({"workspace_gid": "498346170860"}, "workspace_gid"),
        ({"asana_user_gid": "1"}, "asana_user_gid"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(
    program: Client, connection: Connection, body: dict[str, object], field: str
) -> None:
    before = Connection.objects.values().get()
    assert field in errors(patch(program, connection, mode="act", **body))
    assert Connection.objects.values().get() == before


def test_disconnecting_keeps_the_data_and_says_what_is_left_to_do(
    program: Client, connection: Connection
) -> None:
    sync_now(connection)
    answer = post(program, f"connections/{connection.pk}/disconnect")
    assert answer.status_code == 200
    assert answer.json()["data_is_deleted"] is False
    assert "cannot revoke a personal access token" in answer.json()["to_do"][0]
    assert Membership.objects.exists()
    assert not Credentials.objects.exists()
    assert post(program, f"connections/{connection.pk}/disconnect").json()["to_do"] == []
    assert Entry.objects.filter(action="connection.disconnected").count() == 1
    assert patch(program, connection, name="X").status_code == 404


def test_access_by_oauth_is_revoked_at_asana(browser: Client, https: None, program: Client) -> None:
    connection = connect_by_oauth(browser)
    assert post(program, f"connections/{connection.pk}/disconnect").json()["to_do"] == []


@pytest.mark.parametrize("key", ["", "k-1"])
def test_data_are_deleted_only_with_the_name_of_the_connection(
    program: Client, connection: Connection, key: str
) -> None:
    sync_now(connection)
    address = f"connections/{connection.pk}/disconnect"
    for name in ("", "Tideway"):
        assert "name" in errors(post(program, address, key, delete_data=True, name=name))
    connection.refresh_from_db()
    assert connection.is_connected
    answer = post(program, address, key, delete_data=True, name="Acme")
    assert answer.json()["data_is_deleted"] is True
    assert not any(model.objects.exists() for model in (Connection, SyncRun, Membership))
    assert Entry.objects.filter(action="connection.deleted").count() == 1


def asking(connection: Connection) -> None:
    SyncRun.objects.create(connection=connection, state="asking", trigger="person", error="40 are gone.")
    connection.set_problem(ProblemKind.QUESTION, "40 are gone.", "Answer.")


def test_that_people_really_left_is_answered_by_a_new_sync(program: Client, connection: Connection) -> None:
    asking(connection)
    answer = post(program, f"connections/{connection.pk}/answer", left=True)
    assert (answer.status_code, answer.json()["state"]) == (200, "queued")
    assert SyncRun.objects.get(pk=answer.json()["id"]).accept_vanished
    assert Entry.objects.filter(action="connection.vanished_accepted").exists()
    again = post(program, f"connections/{connection.pk}/answer", left=False)
    assert (again.status_code, again.json()["type"]) == (409, "urn:usher:problem:nothing-asked")


def test_that_they_did_not_leave_keeps_everybody(program: Client, connection: Connection) -> None:
    asking(connection)
    answer = post(program, f"connections/{connection.pk}/answer", left=False)
    assert (answer.status_code, answer.json()["state"]) == (200, "failed")
    connection.refresh_from_db()
    assert connection.problem == ""
    assert Entry.objects.filter(action="connection.vanished_declined").exists()


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.OPERATOR, UserRole.APPROVER])
def test_only_an_admin_connects_changes_and_disconnects(role: UserRole, connection: Connection) -> None:
    program, at = api_of(role), f"connections/{connection.pk}"
    answers = [
        post(program, "connections", name="Other", token="sandbox-pat-2"),
        post(program, f"{at}/reconnect", token="sandbox-pat-1"),
        post(program, f"{at}/disconnect"),
        patch(program, connection, name="Other"),
    ]
    assert [each.status_code for each in answers] == [403] * 4
    asking(connection)
    answered = post(program, f"{at}/answer", left=False)
    assert answered.status_code == (403 if role == UserRole.VIEWER else 200)


def test_an_admin_of_one_connection_changes_it_and_connects_no_other(connection: Connection) -> None:
    scoped = User.objects.create_user(
        "lim@example.com", "lim@example.com", role=UserRole.ADMIN, scope=[connection.pk]
    )
    program = api_of(user=scoped)
    answer = post(program, "connections", name="Other", token="sandbox-pat-2")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:usher:problem:sees-not-all")
    assert patch(program, connection, mode="act").status_code == 200
    assert connection.mode == "act"


def test_data_of_a_sync_that_does_not_end_are_kept_and_that_is_said(
    program: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usher.connections.disconnect.SYNC_STOPS_WITHIN_SECONDS", 0.2)

    async def while_it_runs() -> Any:
        async with lock_async(Lock.SYNC.of(connection.pk), wait=False) as ours:
            assert ours
            address = f"connections/{connection.pk}/disconnect"
            return await sync_to_async(post)(program, address, "k-1", delete_data=True, name="Acme")

    answer = async_to_sync(while_it_runs)()
    assert (answer.status_code, answer.json()["data_is_deleted"]) == (200, False)
    assert "A sync is still running" in answer.json()["to_do"][-1]
    assert not Connection.objects.get().is_connected
    again = post(program, f"connections/{connection.pk}/disconnect", "k-2", delete_data=True, name="Acme")
    assert again.json()["data_is_deleted"] is True
