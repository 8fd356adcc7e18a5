"""Fetching new events again and again: none is missed, also one that Asana tells late."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from tests.support.activity.written_events import an_event, write
from tests.support.removal.accounts import account
from tests.support.rest import api_of
from tests.support.roster.people import a_connection, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place() -> Workspace:
    return a_workspace(a_connection(), "Acme", "acme.example")


def fetch(program: Client, cursor: str = "", **parameters: Any) -> dict[str, Any]:  # of a query
    answer = program.get("/api/v1/events/new", {"cursor": cursor, **parameters})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_an_event_that_is_told_late_comes_late_and_none_twice(place: Workspace) -> None:
    program, now = api_of(), timezone.now()
    write(place, *(an_event(at=now - timedelta(minutes=number)) for number in range(5)))
    first = fetch(program, limit=3)
    assert (len(first["items"]), first["has_more"]) == (3, True)
    second = fetch(program, first["next"], limit=3)
    assert (len(second["items"]), second["has_more"]) == (2, False)
    assert fetch(program, second["next"])["items"] == []
    late = an_event(at=now - timedelta(days=3))
    write(place, late)
    (told,) = fetch(program, second["next"])["items"]
    seen = [each["gid"] for each in (*first["items"], *second["items"], told)]
    assert len(set(seen)) == 6
    assert told["gid"] == late.gid


def test_they_come_at_once_though_many_numbers_are_of_events_that_are_gone(place: Workspace) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT setval('activity_auditevent_arrival', nextval('activity_auditevent_arrival') + 3000000)"
        )
    write(place, an_event(), an_event())
    page = fetch(api_of())
    assert (len(page["items"]), page["has_more"]) == (2, False)
    assert fetch(api_of(), page["next"]) == {"items": [], "next": page["next"], "has_more": False}


def test_they_come_as_ocsf_too(place: Workspace) -> None:
    write(place, an_event())
    (event,) = fetch(api_of(), form="ocsf")["items"]
    assert event["metadata"]["version"].startswith("1.")
    assert event["class_uid"] > 0


def test_somebody_limited_gets_their_own(place: Workspace) -> None:
    other = a_workspace(a_connection("Other"), "Other", "other.example")
    write(other, an_event())
    write(place, an_event())
    limited = account(UserRole.VIEWER, "limited")
    User.objects.filter(pk=limited.pk).update(scope=[place.connection_id])
    limited.refresh_from_db()
    page = fetch(api_of(user=limited))
    assert len(page["items"]) == 1
    assert fetch(api_of(user=limited), page["next"])["items"] == []


@pytest.mark.parametrize("cursor", ["hello", "WyJrZXkiLG51bGwsIngiXQ"])
def test_a_wrong_cursor_is_refused(cursor: str) -> None:
    assert api_of().get("/api/v1/events/new", {"cursor": cursor}).status_code == 422
