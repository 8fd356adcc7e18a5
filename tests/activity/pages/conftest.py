import pytest
from django.test import Client

from tests.support.roster.people import a_connection, a_workspace
from usher.access.models import User
from usher.access.roles import Role
from usher.connections.models import Connection
from usher.roster.models import Workspace


@pytest.fixture
def page(db: None, client: Client) -> Client:
    """A browser that is signed in."""
    client.force_login(
        User.objects.create_user("ada@example.com", "ada@example.com", name="Ada", role=Role.ADMIN)
    )
    return client


@pytest.fixture
def acme(db: None) -> Connection:
    return a_connection("Acme", has_service_token=True)


@pytest.fixture
def org(acme: Connection) -> Workspace:
    return a_workspace(acme, "Acme Inc", "acme.example")
