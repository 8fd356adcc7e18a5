"""A statement of a page may take a minute, one of an export longer; a page that takes too long says so."""

import json
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.test import Client, RequestFactory

from usher.access.models import User
from usher.platform import statements
from usher.platform.statements import EXPORT_SECONDS, PAGE_SECONDS, limit_statements, unhurried
from usher.web import errors

pytestmark = pytest.mark.django_db(transaction=True)


def limit() -> int:
    """Seconds; 0 for none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int / 1000 FROM pg_settings WHERE name = 'statement_timeout'")
        seconds: int = cursor.fetchone()[0]
    return seconds


@pytest.fixture
def limited() -> Iterator[None]:
    """As in a process of `usher web`."""
    connection.close()
    limit_statements()
    yield
    connection_created.disconnect(statements._limit_new_connection)
    connection.close()


def test_only_web_processes_limit_statements(db: None) -> None:
    connection.close()
    assert limit() == 0


def test_an_export_has_more_time_and_the_next_page_has_not(limited: None) -> None:
    assert limit() == PAGE_SECONDS
    assert [limit() for _ in unhurried([1])] == [EXPORT_SECONDS]
    assert limit() == PAGE_SECONDS


def test_an_export_that_is_broken_off_leaves_the_limit_of_pages(limited: None) -> None:
    lines = unhurried(iter(range(10)))
    next(lines)
    lines.close()  # type: ignore[attr-defined]
    assert limit() == PAGE_SECONDS


def test_without_a_limit_an_export_sets_none(db: None) -> None:
    assert [limit() for _ in unhurried([1])] == [0]


def test_a_page_that_takes_too_long_says_so(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '50ms'")
            try:
                cursor.execute("SELECT pg_sleep(5)")
            finally:
                cursor.execute("SET statement_timeout = 0")

    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    monkeypatch.setattr("usher.insights.views.health_problems", slow)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "This takes too long" in answer.content.decode()
    with pytest.raises(OperationalError):
        slow()
    try:
        slow()
    except OperationalError:
        told = errors.server_error(RequestFactory().get("/api/v1/cases"))
    assert json.loads(told.content)["remedy"]
