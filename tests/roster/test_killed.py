"""A sync may be killed at any moment, or Asana fail at any moment: the roster ends the same."""

import asyncio
import os
import random
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection as database
from pytest_django import Settings

from tests.support.cli.running import Usher, migrated_database, wait_until
from tests.support.roster.syncing import changes, shown_by, stored, sync_now
from usher.connections import housekeeping, jobs
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import SyncRun
from usher.ledger.actors import SYSTEM
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.xdist_group("killed")

KILLS = 20
START = datetime(2026, 8, 3, 9, tzinfo=UTC)

ROSTER = """
    SELECT workspace.gid, person.gid, person.name, person.email, role, licence, status, since, until IS NULL
    FROM roster_membership membership
    JOIN roster_person person ON person.id = person_id
    JOIN roster_workspace workspace ON workspace.id = workspace_id
    ORDER BY 1, 2
"""
# Joining has Asana's time, the rest the time of the sync that saw it.
HISTORY = """
    SELECT workspace.gid, person.gid, kind, before, after,
           CASE WHEN kind = 'joined' THEN happened_at END
    FROM roster_change
    JOIN roster_membership membership ON membership.id = membership_id
    JOIN roster_person person ON person.id = person_id
    JOIN roster_workspace workspace ON workspace.id = workspace_id
    ORDER BY 1, 2, 3, 4, 5
"""
SEATS = """
    SELECT workspace.gid, role, licence, people FROM roster_seatcount
    JOIN roster_workspace workspace ON workspace.id = workspace_id
    WHERE day = (SELECT max(day) FROM roster_seatcount) ORDER BY 1, 2, 3
"""


def killed_in_a_sync(usher: Usher, box: RunningSandbox, draw: random.Random) -> bool:
    """False when the sync got through before it could be killed."""
    asked = box.stats()["requests"]
    with usher.started("sync", "Acme") as syncing:
        if draw.random() < 0.1:  # before it has begun
            time.sleep(draw.uniform(0.1, 1))
        else:
            wait_until(
                lambda: box.stats()["requests"] != asked or syncing.poll() is not None,
                seconds=30,
                every=0.005,
            )
            time.sleep(draw.uniform(0, 0.5))
        if syncing.poll() is None:
            syncing.send_signal(signal.SIGKILL)
            return True
        assert syncing.returncode == 0, syncing.stdout and syncing.stdout.read()
        return False


def result(url: str) -> list[list[tuple[object, ...]]]:
    with psycopg.connect(url) as connection:
        return [connection.execute(query).fetchall() for query in (ROSTER, HISTORY, SEATS)]


def test_twenty_kills_at_random_moments_leave_no_trace(tmp_path: Path) -> None:
    """The company lives on by two weeks whenever a sync gets through, so that there is always something to do."""
    draw = random.Random(2)
    weeks = kills = 0
    with (
        running(people=2000, seed=7, per_minute=0, latency_seconds=0.04, today=START.date()) as box,
        migrated_database("killed") as killed_url,
        migrated_database("undisturbed") as undisturbed_url,
    ):
        usher = Usher(USHER_HOME=str(tmp_path), USHER_ASANA_URL=box.url, DATABASE_URL=killed_url)
        box.set_clock(START)
        assert usher("connect", "--name", "Acme", "--token", "sandbox-pat-1").returncode == 0
        while kills < KILLS:
            if killed_in_a_sync(usher, box, draw):
                kills += 1
            else:
                weeks += 2
                box.set_clock(START + timedelta(weeks=weeks))
        last = usher("sync", "Acme")
        assert last.returncode == 0, last.stderr
        killed = result(killed_url)

        undisturbed = Usher(USHER_HOME=str(tmp_path), USHER_ASANA_URL=box.url, DATABASE_URL=undisturbed_url)
        box.set_clock(START)
        assert undisturbed("connect", "--name", "Acme", "--token", "sandbox-pat-1").returncode == 0
        for passed in range(0, weeks + 1, 2):
            box.set_clock(START + timedelta(weeks=passed))
            assert undisturbed("sync", "Acme").returncode == 0
        assert killed == result(undisturbed_url)
        assert len(killed[0]) > 1900


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("asked_again", [False, True], ids=["", "and was asked for again meanwhile"])
def test_a_run_of_a_killed_worker_is_taken_up_by_another(asked_again: bool, settings: Settings) -> None:
    with running(people=600, seed=7, per_minute=0, latency_seconds=0.15) as box:
        settings.USHER_ASANA_URL = box.url
        connection = connect_with_token(ConnectionSettings("Acme"), "sandbox-pat-1", SYSTEM)
        run = jobs.start_sync(connection, SyncRun.Trigger.PERSON)
        usher = Usher(
            USHER_HOME=os.environ["USHER_HOME"], USHER_ASANA_URL=box.url, DATABASE_URL=url_of_test_database()
        )
        asked = box.stats()["requests"]
        with usher.started("worker") as first:
            wait_until(lambda: box.stats()["requests"] > asked + 5)
            first.send_signal(signal.SIGKILL)
            first.wait()
        if asked_again:
            assert jobs.start_sync(connection, SyncRun.Trigger.PERSON) == run
        run.refresh_from_db()
        assert run.state == SyncRun.State.RUNNING

        # As a minute later: the dead worker's heart has not beaten for a while.
        with database.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        jobs._take_up_dead_runs()
        asyncio.run(housekeeping.retry_stalled_jobs())
        with usher.started("worker"):
            wait_until(lambda: SyncRun.objects.get(pk=run.pk).state == SyncRun.State.DONE)
        run.refresh_from_db()
        assert run.attempts == 2
        assert stored() == shown_by(box, connection)
        assert run.joined == len(stored()) == len(changes())


def url_of_test_database() -> str:
    from urllib.parse import urlsplit

    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database.settings_dict['NAME']}").geturl()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_faults_in_a_tenth_of_all_answers_change_nothing_in_the_result(seed: int, settings: Settings) -> None:
    with running(people=8000, seed=7, per_minute=0) as box:
        settings.USHER_ASANA_URL = box.url
        connection = connect_with_token(ConnectionSettings("Acme"), "sandbox-pat-1", SYSTEM)
        box.post_faults(
            share=0.1,
            kinds=[
                "latency",
                "429",
                *("500", "502", "503", "504"),
                *("reset", "truncate-body", "broken-json"),
                "expired-offset",
            ],
            seed=seed,
            retry_after=1,
        )
        run = sync_now(connection)
        assert run.state == SyncRun.State.DONE, run.error
        assert faults_met(box) >= 3
        assert stored() == shown_by(box, connection)
        assert run.joined == len(stored()) == len(changes())


def faults_met(box: RunningSandbox) -> int:
    by_status = box.stats()["by_status"]
    return sum(count for status, count in by_status.items() if status != "200")
