"""What is wrong with the installation is said where somebody can act, and to nobody else."""

import json
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.support.roster.people import a_connection
from usher.access.acting import actor_for
from usher.access.models import User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.connections.models import Credentials, SyncRun
from usher.insights.health import facts
from usher.insights.health.fact import HealthFact
from usher.insights.health.facts import health_facts
from usher.ledger.actors import SYSTEM
from usher.ledger.last_check import verify_and_keep
from usher.ledger.record import record
from usher.platform import home

pytestmark = pytest.mark.django_db
DiskUsage = namedtuple("DiskUsage", "total used free")


def a_worker(seen: datetime | None = None) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [seen or timezone.now()]
        )


def a_job(task: str, status: str, since: datetime, lock: str | None = None) -> None:
    """`since`: when it was queued and, if it runs, started."""
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, lock)"
            " VALUES ('default', %s, 'todo', %s) RETURNING id",
            [task, lock],
        )
        job = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, job])
        cursor.execute("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", [since, job])


def ago(**delta: float) -> datetime:
    return timezone.now() - timedelta(**delta)


def fact(key: str) -> HealthFact:
    return next(fact for fact in health_facts() if fact.key == key)


def signed_in(role: UserRole) -> tuple[Client, User]:
    user = User.objects.create_user(role, f"{role}@example.com", name=role, role=role)
    browser = Client()
    browser.force_login(user)
    return browser, user


def test_a_healthy_installation_has_no_problem(client: Client) -> None:
    a_worker()
    verify_and_keep()
    assert [fact.key for fact in health_facts() if not fact.is_ok] == []


def test_without_a_worker_it_says_so_and_since_when() -> None:
    assert "No worker is running." in fact("worker").detail
    a_worker(datetime(2026, 1, 2, 3, 4, tzinfo=timezone.get_current_timezone()))
    assert "2026-01-02 03:04 UTC" in fact("worker").detail
    assert not fact("worker").is_ok


def test_a_job_that_runs_for_too_long_is_stuck_and_a_long_sync_is_not() -> None:
    a_worker()
    a_job("usher.connections.jobs.sync_connection", "doing", ago(hours=20))
    assert fact("jobs").is_ok
    a_job("usher.removal.jobs.run_case", "doing", ago(hours=7))
    assert "“run case” has been running since" in fact("jobs").detail


def test_jobs_that_wait_although_a_worker_lives_are_a_problem_unless_a_lock_holds_them() -> None:
    a_worker()
    a_job("usher.connections.jobs.sync_connection", "doing", ago(hours=1), lock="sync-1")
    a_job("usher.connections.jobs.sync_connection", "todo", ago(hours=1), lock="sync-1")
    assert fact("jobs").is_ok
    a_job("usher.connections.jobs.test_connection", "todo", ago(minutes=5))
    assert fact("jobs").is_ok
    a_job("usher.connections.jobs.test_connection", "todo", ago(minutes=16))
    assert "2 jobs wait" in fact("jobs").detail


def test_a_sync_that_is_overdue_is_named_unless_it_is_under_way() -> None:
    connection = a_connection("Acme")
    connection.next_sync_at = ago(minutes=59)
    connection.save()
    assert fact("syncs").is_ok
    connection.next_sync_at = ago(minutes=61)
    connection.save()
    assert "Overdue: Acme, since" in fact("syncs").detail
    run = SyncRun.objects.create(
        connection=connection, state=SyncRun.State.RUNNING, updated_at=timezone.now()
    )
    assert fact("syncs").is_ok
    run.updated_at = ago(hours=3)
    run.save()
    assert "The sync of Acme has not moved since" in fact("syncs").detail


def test_a_ledger_that_was_changed_is_said_from_the_last_verification() -> None:
    record(SYSTEM, "settings.keys_rotated", "keys")
    record(SYSTEM, "settings.keys_rotated", "keys")
    verify_and_keep()
    assert "Intact up to entry 2" in fact("ledger").detail
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_entry SET subject = 'another' WHERE number = 1")
        cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")
    verify_and_keep()
    assert not fact("ledger").is_ok
    assert "Entry 1 was changed" in fact("ledger").detail


def test_a_ledger_that_was_not_verified_for_hours_is_a_problem() -> None:
    check = verify_and_keep()
    check.at = ago(hours=4)
    check.save()
    assert "should do so every hour" in fact("ledger").detail


@pytest.mark.parametrize(
    ("total", "free", "is_ok"),
    [(100, 50, True), (100, 0.9, False), (1000, 30, True), (300, 14, False), (8, 2, True)],
)
def test_a_disk_that_is_nearly_full_is_said(
    total: float, free: float, is_ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = DiskUsage(int(total * 1e9), 0, int(free * 1e9))
    monkeypatch.setattr(facts.shutil, "disk_usage", lambda folder: usage)
    assert fact("disk").is_ok == is_ok


def test_clocks_that_differ_are_said_and_a_worker_is_judged_by_that_of_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_worker()
    assert fact("clock").is_ok
    real = timezone.now()
    monkeypatch.setattr(facts.timezone, "now", lambda: real + timedelta(hours=1))
    assert "3,600 seconds away" in fact("clock").detail or "3,599" in fact("clock").detail
    assert fact("worker").is_ok


def test_a_data_folder_that_is_gone_does_not_break_the_facts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("USHER_HOME", str(tmp_path / "gone" / "usher"))
    assert fact("disk").is_ok is not None
    Credentials.objects.create(
        connection=_with_other_key(a_connection("Acme"), monkeypatch), access_token="x"
    )
    monkeypatch.delenv("USHER_ENCRYPTION_KEYS")
    assert "volume" in fact("secrets").remedy


def _with_other_key(connection: object, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", Fernet.generate_key().decode())
    return connection


def test_tokens_that_no_key_reads_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    Credentials.objects.create(connection=a_connection("Acme"), access_token="x")
    assert fact("secrets").is_ok
    monkeypatch.setenv(home.IN_ENVIRONMENT[home.ENCRYPTION_KEYS], Fernet.generate_key().decode())
    assert "1 stored values cannot be decrypted" in fact("secrets").detail


def test_the_dashboard_says_it_to_those_who_can_act() -> None:
    connection = a_connection("Acme")
    connection.next_sync_at = ago(hours=2)
    connection.save()
    seen = {role: signed_in(role)[0].get("/").content.decode() for role in UserRole}
    assert {role for role in UserRole if 'id="health-worker"' in seen[role]} == {UserRole.ADMIN}
    assert {role for role in UserRole if 'id="health-syncs"' in seen[role]} == set(UserRole) - {
        UserRole.VIEWER
    }


def test_strangers_learn_nothing(client: Client) -> None:
    connection = a_connection("Acme")
    assert client.get("/healthz").content == b"ok\n"
    for address in ("/healthz/details", "/metrics"):
        for headers in ({}, {"Authorization": "Bearer guessed"}, {"X-Forwarded-For": "127.0.0.1"}):
            answer = client.get(address, headers=headers)
            assert answer.status_code == 401
            assert connection.name not in answer.content.decode()
            assert len(answer.content) < 100


def test_details_are_for_admins_and_their_tokens(client: Client) -> None:
    for role in UserRole:
        browser, user = signed_in(role)
        token = make_token(user, "monitoring", actor_for(user, via="page"))
        by_token = client.get("/healthz/details", headers={"Authorization": f"Bearer {token}"})
        for answer in (browser.get("/healthz/details"), by_token):
            assert answer.status_code == (503 if role == UserRole.ADMIN else 401)
    document = json.loads(answer.content)
    assert document["ok"] is False
    worker = next(fact for fact in document["facts"] if fact["key"] == "worker")
    assert worker["ok"] is False
    assert "usher worker" in worker["remedy"]


def test_metrics_are_read_with_the_token_of_the_settings_or_an_api_token(
    client: Client, settings: Settings
) -> None:
    a_worker()
    verify_and_keep()
    connection = a_connection('Acme "x"')
    SyncRun.objects.create(
        connection=connection,
        state=SyncRun.State.DONE,
        finished_at=datetime.fromtimestamp(1_790_000_000, UTC),
    )
    settings.USHER_METRICS_TOKEN = "for-prometheus-alone"
    _, viewer = signed_in(UserRole.VIEWER)
    for token in ("for-prometheus-alone", make_token(viewer, "p", actor_for(viewer, via="page"))):
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        text = answer.content.decode()
        assert (
            f'usher_last_sync_timestamp_seconds{{connection="{connection.pk}",name="Acme \\"x\\""}} 1.79e+09'
            in text
        )
        assert "usher_ledger_intact 1.0" in text
        assert "usher_jobs_waiting 0.0" in text
        assert "usher_worker_last_heartbeat_timestamp_seconds" in text
        assert "usher_disk_free_bytes" in text
    settings.USHER_METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
