import pytest
from django.test import Client

from tests.support.directory.sources import a_source
from tests.support.roster.people import a_connection, a_workspace
from usher.access.models import User
from usher.directory.models import Source
from usher.roster.models import Workspace


@pytest.fixture
def acme(db: None) -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


@pytest.fixture
def hr(db: None) -> Source:
    return a_source()


def signed_in(role: str) -> Client:
    user = User.objects.create_user(
        f"{role}@example.com", f"{role}@example.com", name=role.title(), role=role
    )
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in("admin")


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in("operator")


@pytest.fixture
def viewer(db: None) -> Client:
    return signed_in("viewer")
