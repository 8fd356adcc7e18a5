"""What tests of several capabilities share, and how all tests run."""

import asyncio
import os
import uuid
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.test import Client, TestCase, TransactionTestCase
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from tests.support.emptied_tables import empty_tables
from tests.support.noted_heads import forget_noted_heads
from tests.support.paths import ROOT
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Connection
from usher.ledger import noted
from usher.ledger.actors import SYSTEM
from usher.sandbox import RunningSandbox, running

hypothesis_settings.register_profile("default", deadline=None)
hypothesis_settings.register_profile("thorough", deadline=None, max_examples=2_000)

LEFT_OUT_OF_TEST_FAST = {
    "browser": ["e2e/*", "*_in_a_browser.py"],
    "kill": ["*/test_killed*.py", "cli/test_stopping.py", "cli/test_up.py", "platform/test_embedded.py"],
    "slow": [
        "*/test_query_counts.py",
        "access/test_api_tokens.py",
        "access/test_commands_by_role.py",
        "access/test_limited_to_a_connection.py",
        "access/test_pages_by_role.py",
        "activity/events/test_*.py",
        "activity/ingest/test_audit_walk.py",
        "activity/ingest/test_what_asana_sends.py",
        "activity/people/*",
        "activity/test_syncing_activity.py",
        "activity/usage/*",
        "asana/test_against_the_sandbox.py",
        "asana/test_limiter.py",
        "backup/*",
        "cli/*",
        "connections/*",
        "directory/scim/*",
        "directory/test_commands.py",
        "insights/*",
        "packaging/test_wheel.py",
        "removal/execution/test_faults*.py",
        "removal/guardrails/test_rules.py",
        "removal/pages/*",
        "roster/test_history_is_like_a_model.py",
        "sandbox/*",
        "upgrade/*",
    ],
}


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile", None):
        hypothesis_settings.load_profile("default")
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[method-assign]


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(ROOT / "tests").as_posix()
        for mark, patterns in LEFT_OUT_OF_TEST_FAST.items():
            if any(fnmatch(path, pattern) for pattern in patterns):
                item.add_marker(mark)
        fixtures = set(getattr(item, "fixturenames", ()))
        if "chromium" in fixtures:
            item.add_marker("browser")
        if (
            not fixtures.isdisjoint({"sandbox", "transactional_db"})
            or "queries" in item.name
            or _is_property_of_the_database(item, fixtures)
        ):
            item.add_marker("slow")
    # What takes long begins first, so that the workers of pytest-xdist end at about the same time.
    items.sort(key=lambda item: not any(item.get_closest_marker(mark) for mark in LEFT_OUT_OF_TEST_FAST))


def _is_property_of_the_database(item: pytest.Item, fixtures: set[str]) -> bool:
    """Hypothesis runs it dozens of times."""
    is_property = hasattr(getattr(item, "obj", None), "hypothesis")
    uses_database = not fixtures.isdisjoint({"db", "transactional_db"}) or item.get_closest_marker(
        "django_db"
    )
    return is_property and bool(uses_database or isinstance(getattr(item, "instance", None), TestCase))


@pytest.fixture(scope="session", autouse=True)
def _passwords_cost_little() -> None:
    """The same hasher as in production with the least work, since hundreds of tests sign somebody in."""
    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 8
    Argon2PasswordHasher.parallelism = 1


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[RunningSandbox]:
    """A small simulated Asana that Usher talks to. Made anew for each test, since tests change its people."""
    with running(people=60, seed=7, per_minute=0) as box:
        settings.USHER_ASANA_URL = box.url
        yield box


def connect_to_sandbox() -> Connection:
    return connect_with_token(ConnectionSettings("Acme"), "sandbox-pat-1", SYSTEM)


@pytest.fixture
def connection(transactional_db: None, sandbox: RunningSandbox) -> Connection:
    """The sandbox's first account, a super admin in several workspaces, connected by token."""
    return connect_to_sandbox()


@pytest.fixture
def user(transactional_db: None) -> User:
    return User.objects.create_user(
        "ada@example.com", "ada@example.com", "correct horse battery 9", name="Ada", role=UserRole.ADMIN
    )


@pytest.fixture
def browser(client: Client, user: User) -> Client:
    """Django's test client, signed in."""
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def _no_heads_noted_by_other_tests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The ledger of the next test begins anew, which would look like a database that was restored."""
    monkeypatch.setattr(noted, "FILE", f"ledger_heads.{os.getpid()}")
    forget_noted_heads()
    yield
    forget_noted_heads()


@pytest.fixture(autouse=True)
def _no_pace_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of a token outlives a test that takes its changes back: it is stored by a session of its own."""
    monkeypatch.setattr("usher.connections.client.SALT", str(uuid.uuid4()))


@pytest.fixture(autouse=True)
def _no_connection_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Async code reaches the database from a thread of its own, whose connection outlives the test."""
    yield
    if "transactional_db" in request.fixturenames or "django_db_setup" in request.fixturenames:
        asyncio.run(sync_to_async(connections.close_all)())
