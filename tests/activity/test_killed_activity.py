"""Reading usage may be killed at any moment, or Asana fail at any moment: events, days and coverage end the same."""

import random
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.cli.running import Usher, own_database, wait_until
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.xdist_group("killed-activity")

ROUNDS, KILLS_A_ROUND = 5, 10
EVENTS = 12_000

# The oldest day that Asana still has moves on while the test runs, so it is left out.
FIRST_DAY = "(SELECT min(created_at) + interval '1 day' FROM activity_auditevent)"
QUERIES = (
    f"SELECT gid, raw FROM activity_auditevent WHERE created_at > {FIRST_DAY} ORDER BY gid",
    f"""SELECT user_gid, starts_at, ends_at, actions FROM activity_session
        WHERE starts_at > {FIRST_DAY} + interval '1 day' ORDER BY 1, 2""",
    f"""SELECT user_gid, day, human, automated, sessions, usage_seconds, last_human_at, last_automated_at
        FROM activity_activeday WHERE day > {FIRST_DAY} + interval '1 day' ORDER BY 1, 2""",
    "SELECT user_gid, last_used_at, last_used_source, last_automated_at FROM activity_personusage ORDER BY 1",
    "SELECT event_type, category FROM activity_eventtypeseen ORDER BY 1, 2",
    "SELECT count(*) FROM activity_touched",
    "SELECT count(*) FROM activity_auditwindow",
)


def result(url: str) -> list[list[tuple[object, ...]]]:
    with psycopg.connect(url) as connection:
        counts = connection.execute("SELECT sum(events) FROM activity_eventtypeseen").fetchone()
        stored = connection.execute("SELECT count(*) FROM activity_auditevent").fetchone()
        assert counts == stored, "each event is counted once"
        spans = connection.execute(
            "SELECT ends_at - begins_at FROM activity_coverage WHERE source = 'audit'"
        ).fetchall()
        assert len(spans) == 1, "covered without a gap"
        assert timedelta(days=90) <= spans[0][0] < timedelta(days=90, minutes=10)
        return [connection.execute(query).fetchall() for query in QUERIES]


def assert_same(found: list[list[tuple[object, ...]]], truth: list[list[tuple[object, ...]]]) -> None:
    for query, rows, expected in zip(QUERIES, found, truth, strict=True):
        missing, extra = set(expected) - set(rows), set(rows) - set(expected)
        assert not missing and not extra, (query, sorted(missing, key=str)[:3], sorted(extra, key=str)[:3])
        assert len(rows) == len(expected)


def connect(usher: Usher) -> None:
    done = usher("connect", "--name", "Acme", "--token", "sandbox-pat-1", "--service-token", "sandbox-service-1")
    assert done.returncode == 0, done.stderr


def undisturbed(box: RunningSandbox, home: Path) -> list[list[tuple[object, ...]]]:
    with own_database("undisturbed_usage") as url:
        usher = Usher(USHER_HOME=str(home), USHER_ASANA_URL=box.url, DATABASE_URL=url)
        connect(usher)
        assert usher("sync", "Acme").returncode == 0
        return result(url)


def kill_while_it_reads(usher: Usher, box: RunningSandbox, draw: random.Random) -> None:
    asked = box.stats()["requests"]
    with usher.started("sync", "Acme") as syncing:
        wait_until(
            lambda: box.stats()["requests"] > asked + 2 or syncing.poll() is not None, seconds=30, every=0.005
        )
        time.sleep(draw.uniform(0, 0.8))
        syncing.send_signal(signal.SIGKILL)


def test_fifty_kills_at_random_moments_lose_no_event_and_store_none_twice(tmp_path: Path) -> None:
    draw = random.Random(3)
    with running(people=150, seed=7, per_minute=0, latency_seconds=0.1, audit_events=EVENTS) as box:
        box.set_clock(datetime.now(UTC))  # nobody works on while the test runs
        truth = undisturbed(box, tmp_path)
        assert len(truth[0]) > EVENTS * 0.9
        for _ in range(ROUNDS):
            with own_database("killed_usage") as url:
                usher = Usher(USHER_HOME=str(tmp_path), USHER_ASANA_URL=box.url, DATABASE_URL=url)
                connect(usher)
                for _ in range(KILLS_A_ROUND):
                    kill_while_it_reads(usher, box, draw)
                last = usher("sync", "Acme")
                assert last.returncode == 0, last.stderr
                assert_same(result(url), truth)


def test_faults_in_a_tenth_of_all_answers_change_nothing(tmp_path: Path) -> None:
    with running(people=150, seed=7, per_minute=0, audit_events=EVENTS) as box:
        box.set_clock(datetime.now(UTC))
        truth = undisturbed(box, tmp_path)
        with own_database("faulty_usage") as url:
            usher = Usher(USHER_HOME=str(tmp_path), USHER_ASANA_URL=box.url, DATABASE_URL=url)
            connect(usher)
            box.post_faults(
                share=0.1,
                kinds=["429", "500", "502", "503", "504", "reset", "broken-json", "latency", "expired-offset"],
                seed=5,
                latency=0.05,
                retry_after=0,
            )
            done = usher("sync", "Acme", seconds=240)
            assert done.returncode == 0, done.stderr
            assert_same(result(url), truth)
