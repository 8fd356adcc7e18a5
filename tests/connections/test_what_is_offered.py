"""A page offers what its viewer may do, and says of the rest who may."""

from collections.abc import Callable

import pytest
from django.test import Client

from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection, SyncRun

SYNCING = {"Sync now", "Test Connection", "upload-csv"}
CONNECTING = {"/change/", "/disconnect/"}
PageOf = Callable[[UserRole], str]


@pytest.fixture
def page_of(client: Client, connection: Connection) -> PageOf:
    def read(role: UserRole) -> str:
        client.force_login(User.objects.create_user(f"{role}@example.com", role=role))
        return client.get(f"/integrations/{connection.pk}/").text

    return read


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (UserRole.VIEWER, set()),
        (UserRole.OPERATOR, SYNCING),
        (UserRole.APPROVER, SYNCING),
        (UserRole.ADMIN, SYNCING | CONNECTING),
    ],
)
def test_the_page_of_a_connection(page_of: PageOf, role: UserRole, offered: set[str]) -> None:
    text = page_of(role)
    assert {what for what in SYNCING | CONNECTING if what in text} == offered


@pytest.mark.parametrize("role", UserRole)
def test_the_question_whether_people_left(page_of: PageOf, connection: Connection, role: UserRole) -> None:
    SyncRun.objects.create(
        connection=connection, trigger="person", state="asking", error="12 people vanished."
    )
    text = page_of(role)
    assert "12 people vanished." in text
    assert ("/answer/" in text) == (role != UserRole.VIEWER)
    assert ("Only an operator, approver or admin may sync" in text) == (role == UserRole.VIEWER)


@pytest.mark.parametrize("role", UserRole)
def test_tokens_that_asana_refuses(page_of: PageOf, connection: Connection, role: UserRole) -> None:
    Connection.objects.update(problem_kind="not_authorized", problem="Refused.", problem_remedy="Reconnect.")
    text = page_of(role)
    assert ("/reconnect/" in text) == (role == UserRole.ADMIN)
    assert ("Only an admin may connect" in text) == (role != UserRole.ADMIN)


@pytest.mark.parametrize("role", UserRole)
def test_the_list_of_connections(
    page_of: PageOf, client: Client, connection: Connection, role: UserRole
) -> None:
    page_of(role)
    text = client.get("/integrations/").text
    assert ("/integrations/connect/" in text) == (role == UserRole.ADMIN)
    assert ("Sync now" in text) == (role != UserRole.VIEWER)
    connection.delete()
    text = client.get("/integrations/").text
    assert ("/integrations/connect/" in text) == (role == UserRole.ADMIN)
    assert ("Only an admin may connect" in text) == (role != UserRole.ADMIN)
