"""Events are read on in the order of storing. No transaction that commits late is missed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection as database
from django.db import connections, transaction

from tests.support.activity.written_events import NOON, an_event, write
from tests.support.roster.people import a_connection, a_workspace
from usher.activity.ingest import arrivals
from usher.activity.ingest.arrivals import arrived_between, arrived_until
from usher.activity.ingest.store import store_audit_events
from usher.asana import AuditLogEvent
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(transactional_db: None) -> Workspace:
    return a_workspace(a_connection("Acme"))


@contextmanager
def stored_but_not_committed(place: Workspace, *events: AuditLogEvent) -> Iterator[threading.Event]:
    """By another session, until the block ends or the event is set."""
    stored, commit = threading.Event(), threading.Event()

    def store() -> None:
        try:
            with transaction.atomic():
                store_audit_events(place.connection_id, place.pk, events)
                stored.set()
                commit.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=store)
    thread.start()
    assert stored.wait(10)
    try:
        yield commit
    finally:
        commit.set()
        thread.join()


def read_from(after: int) -> tuple[list[str], int]:
    until = arrived_until()
    assert until is not None
    return [event.gid for event in arrived_between(after, until)], until


def test_an_event_that_asana_delivers_late_is_read_after_younger_ones(place: Workspace) -> None:
    [young] = write(place, an_event(NOON, gid="900"))
    first, cursor = read_from(0)
    [late] = write(place, an_event(NOON.replace(day=1), gid="100"))
    then, _ = read_from(cursor)
    assert (first, then) == ([young], [late])


def test_an_event_that_is_stored_twice_is_read_once(place: Workspace) -> None:
    event = an_event()
    write(place, event)
    write(place, event)
    assert read_from(0)[0] == [event.gid]


def test_a_transaction_that_commits_after_one_with_higher_numbers_is_not_missed(place: Workspace) -> None:
    with stored_but_not_committed(place, an_event(gid="slow")) as commit:
        write(place, an_event(gid="fast"))  # has a higher number, and is committed first
        threading.Timer(0.3, commit.set).start()
        found, cursor = read_from(0)  # waits for the slow one
    assert found == ["slow", "fast"]
    assert read_from(cursor)[0] == []


def test_a_transaction_that_takes_too_long_holds_up_the_reading_and_nothing_is_missed(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "WAITS_SECONDS", 0.2)
    with stored_but_not_committed(place, an_event(gid="slow")):
        assert arrived_until() is None
    assert read_from(0)[0] == ["slow"]


def test_a_transaction_that_is_taken_back_holds_up_nothing(place: Workspace) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        store_audit_events(place.connection_id, place.pk, [an_event(gid="never")])
        raise RuntimeError
    write(place, an_event(gid="after"))
    assert read_from(0)[0] == ["after"]


def test_the_order_is_found_by_index(place: Workspace) -> None:
    write(place, *(an_event() for _ in range(5)))
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = arrived_between(0, 10**9).values("gid")[:2].explain()
    assert "arrival" in plan and "Sort" not in plan
