from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.access.conftest import PASSWORD
from tests.support.sso.forging_provider import CLIENT_ID, CLIENT_SECRET, ForgingProvider, forging_provider
from usher.access.models import IdentityProvider, User
from usher.access.roles import UserRole

BEGIN = "/sign-in/oidc/acme/"


@pytest.fixture(autouse=True)
def _here(settings: Settings, db: None) -> None:
    settings.USHER_BASE_URL = "http://testserver"
    cache.clear()


@pytest.fixture
def forger() -> Iterator[ForgingProvider]:
    with forging_provider() as provider:
        yield provider


@pytest.fixture
def acme(db: None, forger: ForgingProvider) -> IdentityProvider:
    return IdentityProvider.objects.create(
        slug="acme",
        protocol="oidc",
        name="Acme ID",
        issuer=forger.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        domains=["example.com"],
    )


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_user(
        "root@example.com", "root@example.com", PASSWORD, name="Ruth Root", role=UserRole.ADMIN
    )


def begin(client: Client, next_page: str = "") -> dict[str, str]:
    """Sends the browser to the provider. Returns what it asks there."""
    answer = client.get(BEGIN, {"next": next_page} if next_page else {})
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def come_back(client: Client, asked: dict[str, str], code: str = "right") -> HttpResponse:
    return client.get(f"{BEGIN}return/", {"state": asked["state"], "code": code})


def sign_in(client: Client, forger: ForgingProvider, next_page: str = "", **changed: object) -> HttpResponse:
    """A whole sign-in, with these claims instead of the usual ones."""
    asked = begin(client, next_page)
    forger.token = forger.id_token(asked["nonce"], **changed)
    return come_back(client, asked)


def who(client: Client) -> str | None:
    """Who is signed in."""
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else None
