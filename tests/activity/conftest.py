from collections.abc import Iterator

import pytest
from django.db import connection as database
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.support.activity.small_log import SmallLog
from tests.support.asana.scripted_asana import RunningServer, ScriptedAsana
from tests.support.roster.people import a_connection, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.roster.models import Workspace


@pytest.fixture(scope="session")
def _served() -> Iterator[ScriptedAsana]:
    with RunningServer() as server:
        yield server


@pytest.fixture
def small(_served: ScriptedAsana) -> SmallLog:
    return SmallLog(_served)


@pytest.fixture(autouse=True)
def _no_event_left_behind(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Django empties the tables that it made itself after a test; those of the events it did not make."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or "transactional_db" in request.fixturenames:
        with django_db_blocker.unblock(), database.cursor() as cursor:
            cursor.execute("TRUNCATE activity_auditevent, activity_streamevent")


@pytest.fixture
def page(db: None, client: Client) -> Client:
    """A browser that is signed in."""
    client.force_login(
        User.objects.create_user("ada@example.com", "ada@example.com", name="Ada", role=UserRole.ADMIN)
    )
    return client


@pytest.fixture
def acme(db: None) -> Connection:
    return a_connection("Acme", has_service_token=True)


@pytest.fixture
def org(acme: Connection) -> Workspace:
    return a_workspace(acme, "Acme Inc", "acme.example")
