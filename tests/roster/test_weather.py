"""A clock that jumps, an Asana that is silent for a day, and a full disk: nothing is lost, and people are told."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.support.roster.syncing import sync_now
from usher.access.models import User
from usher.asana import Retries, wire
from usher.connections.models import Connection, SyncRun
from usher.connections.schedule import due
from usher.platform import full_disk, home
from usher.roster.models import Membership
from usher.sandbox import RunningSandbox


@contextmanager
def silent_asana() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def full(table: str) -> Iterator[None]:
    """PostgreSQL answers as with a full disk to whatever is written to `table`."""
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION no_room()"
        )
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP FUNCTION no_room CASCADE")


def seats() -> list[tuple[object, ...]]:
    return list(Membership.objects.order_by("pk").values_list("pk", "status", "role", "licence"))


def test_an_asana_that_is_silent_changes_nothing_and_is_told(
    connection: Connection, sandbox: RunningSandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sync_now(connection).state == SyncRun.State.DONE
    before = seats()
    monkeypatch.setattr(wire, "LONGEST_EXCHANGE", 0.3)
    monkeypatch.setattr(Retries, "wait_after", lambda *_: None)
    with silent_asana() as url:
        settings.USHER_ASANA_URL = url
        for _ in range(2):
            assert sync_now(connection).state == SyncRun.State.FAILED
            connection.refresh_from_db()
            assert connection.problem == "Asana did not answer in time."
            assert connection.problem_remedy
            assert connection.next_sync_at is not None
            assert timezone.now() < connection.next_sync_at <= timezone.now() + timedelta(hours=2)
            assert seats() == before
    settings.USHER_ASANA_URL = sandbox.url
    assert sync_now(connection).state == SyncRun.State.DONE
    connection.refresh_from_db()
    assert connection.problem == ""
    assert seats() == before


def test_a_full_disk_of_the_database_is_told_and_the_next_sync_stores_everything(
    connection: Connection,
) -> None:
    with full("roster_membership"), pytest.raises(Exception, match="No space left"):
        sync_now(connection)
    connection.refresh_from_db()
    assert connection.problem == full_disk.MESSAGE
    assert connection.problem_remedy == full_disk.REMEDY
    assert not seats()
    assert sync_now(connection).state == SyncRun.State.DONE
    assert seats()


def test_a_page_that_meets_a_full_disk_says_so(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room() -> None:
        with database.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'No space left' USING ERRCODE = '53100'; END $$")

    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    monkeypatch.setattr("usher.insights.views.health_problems", no_room)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "The disk is full" in answer.content.decode()


def test_a_full_data_folder_keeps_the_old_keys_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USHER_HOME", str(tmp_path))

    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full_folder:
        full_folder.setattr(os, "fsync", no_room)
        with pytest.raises(OSError, match="No space left") as told:
            home.make_missing_keys()
        assert full_disk.is_full_disk(told.value)
        assert not list(tmp_path.iterdir())
    home.make_missing_keys()
    keys = home.encryption_keys()
    with monkeypatch.context() as full_folder:
        full_folder.setattr(os, "fsync", no_room)
        with pytest.raises(OSError, match="No space left"):
            home.write_encryption_keys(["new"])
    assert home.encryption_keys() == keys


def test_a_clock_that_was_years_ahead_does_not_keep_a_connection_from_syncing(connection: Connection) -> None:
    connection.next_sync_at = timezone.now() + timedelta(days=700)
    connection.save()
    assert connection in due()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_an_hour_moves_a_sync_by_an_hour_and_no_more(
    connection: Connection, hours: int
) -> None:
    """Forth, as when it was behind and is set right; and back."""
    connection.next_sync_at = timezone.now() + timedelta(minutes=30)
    connection.save()
    real = timezone.now
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("usher.connections.schedule.timezone.now", lambda: real() + timedelta(hours=hours))
        assert (connection in due()) == (hours > 0)
        patch.setattr("usher.connections.schedule.timezone.now", lambda: real() + timedelta(minutes=31))
        assert connection in due()


def test_an_hour_more_or_less_on_the_clock_loses_and_removes_nobody(connection: Connection) -> None:
    now = timezone.now()
    sync_now(connection, at=now)
    before = seats()
    for at in (now + timedelta(hours=1), now - timedelta(hours=1), now + timedelta(minutes=1)):
        assert sync_now(connection, at=at).state == SyncRun.State.DONE
        assert seats() == before
