import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from pytest_django import Settings

from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.connection_test.run import run_test
from usher.connections.models import CheckResult, ConnectAttempt, Connection, ConnectionTest, Credentials
from usher.ledger.actors import SYSTEM
from usher.sandbox import Company, Limits, RunningSandbox, running

NOBODY_THERE = "http://127.0.0.1:9"
"""A closed port: Asana cannot be reached."""

OAUTH = {"name": "Acme", "mode": "read", "way": "oauth"}
TOKEN = {"name": "Acme", "mode": "read", "way": "token", "token": "sandbox-pat-1"}


@pytest.fixture(scope="session")
def _serving() -> Iterator[RunningSandbox]:
    with running(people=60, seed=7, per_minute=0) as box:
        yield box


@pytest.fixture
def sandbox(_serving: RunningSandbox, settings: Settings) -> RunningSandbox:
    """As new for each test, on one server for all: to stop one takes a fifth of a second."""
    _serving.sandbox.__init__(Company.generate(60, 7), limits=Limits.of_plan(free=False, per_minute=0))
    settings.USHER_ASANA_URL = _serving.url
    return _serving


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada@example.com", "ada@example.com", name="Ada", role=UserRole.ADMIN)


@pytest.fixture
def connection(db: None, sandbox: RunningSandbox) -> Connection:
    """The sandbox's super admin, connected by token. Seen by this thread alone, and so quickly undone."""
    return connect_with_token(ConnectionSettings("Acme"), "sandbox-pat-1", SYSTEM)


@pytest.fixture
def app_is_set(settings: Settings) -> None:
    settings.USHER_ASANA_CLIENT_ID, settings.USHER_ASANA_CLIENT_SECRET = "sandbox-client", "sandbox-secret"


@pytest.fixture
def https(settings: Settings, app_is_set: None) -> None:
    """Usher has an address that Asana redirects to."""
    settings.USHER_BASE_URL = "https://usher.example"


@pytest.fixture
def no_https(settings: Settings, app_is_set: None) -> None:
    """Asana shows a code for copying."""
    settings.USHER_BASE_URL = "http://usher.example"


def decide(consent_page: str, decision: str = "allow", account: int = 0) -> httpx.Response:
    """What a person does on Asana's consent page."""
    with httpx.Client() as asana:
        page = asana.get(consent_page)
        assert page.status_code == 200, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
        accounts = re.findall(r'name="account" value="(\d+)"', page.text)
        address = urlsplit(consent_page)
        return asana.post(
            f"{address.scheme}://{address.netloc}/-/oauth_authorize",
            data={**hidden, "account": accounts[account], "decision": decision},
        )


def way_back(consent_page: str, decision: str = "allow", account: int = 0) -> str:
    """Where Asana redirects to after the decision, as a path of Usher's."""
    location = decide(consent_page, decision, account).headers["location"]
    assert location.startswith("https://usher.example/integrations/return/?")
    return location.removeprefix("https://usher.example")


def copied_code(consent_page: str, account: int = 0) -> str:
    found = re.search(r'id="code">([^<]+)<', decide(consent_page, account=account).text)
    assert found
    return found[1]


def begin(browser: Client, path: str = "/integrations/connect/", **changes: str) -> str:
    """Fills in the dialog; returns where it leads."""
    answer = browser.post(path, OAUTH | changes)
    assert answer.status_code == 302, answer.text
    return answer["Location"]


def connect_by_oauth(
    browser: Client, path: str = "/integrations/connect/", account: int = 0, **changes: str
) -> Connection:
    """The whole way, which must lead to a connection."""
    answer = browser.get(way_back(begin(browser, path, **changes), account=account))
    found = re.fullmatch(r"/integrations/(\d+)/test/", answer["Location"])
    assert found, browser.get(answer["Location"]).text
    return Connection.objects.get(pk=found[1])


def give_service_token(connection: Connection) -> None:
    """After a sync, which with this token would read the audit log as well."""
    Credentials.objects.update(service_token="sandbox-service-1")
    connection.has_service_token = True
    connection.save(update_fields=["has_service_token"])


def nothing_is_left() -> bool:
    return not any(model.objects.exists() for model in (Connection, Credentials, ConnectAttempt))


def gid_of(sandbox: RunningSandbox, name: str) -> str:
    return next(w["gid"] for w in sandbox.describe()["workspaces"] if w["name"] == name)


def checks_of(connection: Connection) -> dict[str, CheckResult]:
    """The results of a Test Connection by key."""
    test = ConnectionTest.objects.create(connection=connection)
    checks = async_to_sync(run_test)(test.pk)
    connection.refresh_from_db()
    return {check["key"]: check for check in checks}


def outcomes(checks: dict[str, CheckResult]) -> dict[str, str]:
    return {key: check["outcome"] for key, check in checks.items()}
