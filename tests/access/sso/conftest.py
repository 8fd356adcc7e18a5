from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from pytest_django import Settings

from tests.access.conftest import PASSWORD
from tests.support.sso.assertions import encoded, metadata, signer
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
def corp(db: None) -> IdentityProvider:
    return IdentityProvider.objects.create(
        slug="corp",
        protocol="saml",
        name="Corp ID",
        metadata_xml=metadata(signer("idp").certificate),
        domains=["example.com"],
    )


@pytest.fixture
def open_corp(corp: IdentityProvider) -> IdentityProvider:
    """At which sign-ins may begin."""
    corp.allows_idp_initiated = True
    corp.save(update_fields=["allows_idp_initiated"])
    return corp


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


def saml_request(answer: HttpResponse) -> str:
    """The XML that a browser is sent to the provider with."""
    asked = parse_qs(urlsplit(answer["Location"]).query)
    request: str = OneLogin_Saml2_Utils.decode_base64_and_inflate(asked["SAMLRequest"][0]).decode()
    return request


def id_of(request: str) -> str:
    return request.partition(' ID="')[2].partition('"')[0]


def come_back_by_saml(client: Client, xml: str, relay_state: str = "") -> HttpResponse:
    """Posts an answer as the provider's page does, and follows to where the session is read."""
    answer = client.post("/sign-in/saml/corp/acs/", {"SAMLResponse": encoded(xml), "RelayState": relay_state})
    assert answer.status_code == 302
    return client.get(answer["Location"])


def who(client: Client) -> str | None:
    """Who is signed in."""
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else None
