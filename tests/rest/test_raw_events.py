"""The audit log as Asana sent it: as one file, or in pages by which a file that broke off goes on."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.activity.written_events import an_event, write
from tests.support.removal.accounts import account
from tests.support.rest import api_of
from tests.support.roster.people import a_connection, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db

RAW = "/api/v1/events/raw"


@pytest.fixture
def place() -> Workspace:
    return a_workspace(a_connection(), "Acme", "acme.example")


def whole(program: Client, **asked: Any) -> list[str]:
    answer = program.get(RAW, asked)
    assert answer.status_code == 200
    return b"".join(answer).decode().splitlines()  # type: ignore[arg-type]  # streams


def in_pages(program: Client, **asked: Any) -> list[str]:
    lines: list[str] = []
    address = None
    while True:
        answer = program.get(address) if address else program.get(RAW, asked)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == "application/x-ndjson; charset=utf-8"
        page = answer.content.decode().splitlines()
        assert len(page) <= asked["limit"]
        lines += page
        if "Link" not in answer.headers:
            return lines
        address = answer["Link"][1:].partition(">")[0].removeprefix("http://testserver")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=st.lists(st.integers(0, 5), max_size=12), size=st.integers(1, 5))
def test_all_pages_together_are_the_file(place: Workspace, moments: list[int], size: int) -> None:
    """Also where several events have the same moment."""
    from usher.activity.models import AuditEvent

    AuditEvent.objects.all().delete()
    now = timezone.now()
    write(place, *(an_event(at=now - timedelta(minutes=minutes)) for minutes in moments))
    program = api_of()
    lines = whole(program)
    assert len(lines) == len(moments)
    assert in_pages(program, limit=size) == lines


def test_pages_keep_the_filters_and_a_cursor_of_events_is_one_of_the_file(place: Workspace) -> None:
    now = timezone.now()
    write(place, *(an_event(at=now - timedelta(minutes=number)) for number in range(5)))
    write(place, an_event(at=now, event_type="user_logged_out"))
    program = api_of()
    assert len(in_pages(program, limit=2, type="user_logged_out")) == 1
    cursor = program.get("/api/v1/events", {"limit": 2}).json()["next"]
    assert whole(program, cursor=cursor) == whole(program)[2:]


def test_somebody_limited_gets_their_own_in_pages_too(place: Workspace) -> None:
    other = a_workspace(a_connection("Other"), "Other", "other.example")
    mine = an_event()
    write(other, an_event())
    write(place, mine)
    limited = account(UserRole.VIEWER, "limited")
    User.objects.filter(pk=limited.pk).update(scope=[place.connection_id])
    limited.refresh_from_db()
    assert [json.loads(line)["gid"] for line in in_pages(api_of(user=limited), limit=1)] == [mine.gid]


@pytest.mark.parametrize("asked", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"cursor": "hello"}])
def test_what_cannot_be_read_is_refused(db: None, asked: dict[str, str]) -> None:
    assert api_of().get(RAW, asked).status_code == 422
