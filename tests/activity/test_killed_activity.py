"""Reading usage may be killed at any moment, or Asana fail at any moment: events, days and coverage end the same."""

import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.cli.running import Usher, migrated_database
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.xdist_group("killed-activity")

ROUNDS, KILLS_A_ROUND = 5, 10
EVENTS = 12_000
PEOPLE = 60

# What Asana still has begins later with each minute in which the test runs, so its oldest days are left out.
FIRST_DAY = f"timestamptz '{datetime.now(UTC) - timedelta(days=88):%Y-%m-%d %H:%M:%S}Z'"
QUERIES = (
    f"SELECT gid, raw FROM activity_auditevent WHERE created_at > {FIRST_DAY} ORDER BY gid",
    f"""SELECT user_gid, starts_at, ends_at, actions FROM activity_session
        WHERE starts_at > {FIRST_DAY} + interval '1 day' ORDER BY 1, 2""",
    f"""SELECT user_gid, day, human, automated, sessions, usage_seconds, last_human_at, last_automated_at
        FROM activity_activeday WHERE day > {FIRST_DAY} + interval '1 day' ORDER BY 1, 2""",
    "SELECT user_gid, last_used_at, last_used_source, last_automated_at FROM activity_personusage ORDER BY 1",
    "SELECT event_type, category FROM activity_eventtypeseen ORDER BY 1, 2",
    f"""SELECT starts_on, people, active_days, usage_seconds FROM activity_perioduse
        WHERE period = 'day' AND starts_on > {FIRST_DAY} + interval '1 day' ORDER BY 1""",
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


@contextmanager
def connected(box: RunningSandbox, home: Path) -> Iterator[str]:
    """The address of a database with “Acme” connected and nothing read: others are copied from it."""
    with migrated_database("connected_usage") as url:
        usher = Usher(USHER_HOME=str(home), USHER_ASANA_URL=box.url, DATABASE_URL=url)
        done = usher(
            "connect", "--name", "Acme", "--token", "sandbox-pat-1", "--service-token", "sandbox-service-1"
        )
        assert done.returncode == 0, done.stderr
        yield url


@contextmanager
def copied(template: str, box: RunningSandbox, home: Path) -> Iterator[Usher]:
    """`usher` on a copy of a database."""
    server, name = os.environ["DATABASE_URL"], f"copied_usage_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{urlsplit(template).path[1:]}"')
        try:
            url = urlsplit(server)._replace(path=f"/{name}").geturl()
            yield Usher(USHER_HOME=str(home), USHER_ASANA_URL=box.url, DATABASE_URL=url)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def sync(usher: Usher) -> list[list[tuple[object, ...]]]:
    done = usher("sync", "Acme", seconds=240)
    assert done.returncode == 0, done.stderr
    return result(usher.environment["DATABASE_URL"])


@contextmanager
def forks(usher: Usher) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.activity.syncs_in_forks"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env=usher.environment,
    ) as process:
        yield process


def kill_while_it_reads(starter: "subprocess.Popen[str]", box: RunningSandbox, draw: random.Random) -> bool:
    """Whether it was still at it."""
    assert starter.stdin is not None
    assert starter.stdout is not None
    asked = box.stats()["requests"]
    starter.stdin.write("sync\n")
    syncing = int(starter.stdout.readline())
    while box.stats()["requests"] <= asked + 2 and not has_ended(starter, 0.005):
        pass
    was_at_it = not has_ended(starter, draw.uniform(0, 0.6))
    with suppress(ProcessLookupError):
        os.kill(syncing, signal.SIGKILL)
    assert starter.stdout.readline() == "ended\n"
    return was_at_it


def has_ended(starter: "subprocess.Popen[str]", seconds: float) -> bool:
    """Within so long a time."""
    return bool(select.select([starter.stdout], [], [], seconds)[0])


def test_fifty_kills_at_random_moments_lose_no_event_and_store_none_twice(tmp_path: Path) -> None:
    draw = random.Random(3)
    with running(people=PEOPLE, per_minute=0, latency_seconds=0.06, audit_events=EVENTS) as box:
        box.set_clock(datetime.now(UTC))  # nobody works on while the test runs
        with connected(box, tmp_path) as template:
            with copied(template, box, tmp_path) as undisturbed:
                truth = sync(undisturbed)
            assert len(truth[0]) > EVENTS * 0.9
            killed = 0
            for _ in range(ROUNDS):
                with copied(template, box, tmp_path) as usher:
                    with forks(usher) as starter:
                        for _ in range(KILLS_A_ROUND):
                            killed += kill_while_it_reads(starter, box, draw)
                        assert starter.stdin is not None
                        starter.stdin.close()
                    assert_same(sync(usher), truth)
            assert killed > ROUNDS * KILLS_A_ROUND // 2, "most were killed in the middle"


def test_faults_in_a_tenth_of_all_answers_change_nothing(tmp_path: Path) -> None:
    with running(people=PEOPLE, per_minute=0, audit_events=EVENTS) as box:
        box.set_clock(datetime.now(UTC))
        with connected(box, tmp_path) as template:
            with copied(template, box, tmp_path) as undisturbed:
                truth = sync(undisturbed)
            box.post_faults(
                share=0.1,
                kinds=[
                    "429",
                    "500",
                    "502",
                    "503",
                    "504",
                    "reset",
                    "broken-json",
                    "latency",
                    "expired-offset",
                ],
                seed=5,
                latency=0.05,
                retry_after=0,
            )
            with copied(template, box, tmp_path) as usher:
                assert_same(sync(usher), truth)
