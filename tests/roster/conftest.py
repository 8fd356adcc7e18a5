from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.roster.small_asana import SmallAsana
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "xdist_group: tests that pytest-xdist gives to the same worker")


@pytest.fixture
def asana(settings: Settings) -> Iterator[SmallAsana]:
    """An Asana whose every page the test writes down; workspace 1 has three pages of two people."""
    with SmallAsana.running() as small:
        settings.USHER_ASANA_URL = small.url
        yield small


@pytest.fixture
def small(transactional_db: None, asana: SmallAsana) -> Connection:
    return connect_with_token(ConnectionSettings("Small"), "a-token", SYSTEM)


@pytest.fixture
def page(db: None, client: Client) -> Client:
    """A browser that is signed in."""
    client.force_login(
        User.objects.create_user("ada@example.com", "ada@example.com", name="Ada", role=UserRole.ADMIN)
    )
    return client
