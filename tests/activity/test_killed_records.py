"""Closing months may be killed at any moment: every event and every record is there, once, before and after."""

import os
import random
import select
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.support.cli.running import bare_environment, migrated_database

pytestmark = pytest.mark.xdist_group("killed-activity")

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
EVENTS, AT_ONCE, MOST_KILLS = 6_000, 100, 60


def contents(url: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Each event without its record; and what of the records is whole, compressed, dropped."""
    with psycopg.connect(url) as session:
        events = session.execute(
            "SELECT workspace_id, gid, created_at, event_type, actor_gid, use FROM activity_auditevent ORDER BY gid"
        ).fetchall()
        kinds = session.execute(
            "SELECT raw <> '', packed <> '', count(*) FROM activity_auditevent GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        return events, kinds


def fill(environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.support.activity.many_events", str(EVENTS)], env=environment, check=True
    )


def read_back(environment: dict[str, str]) -> str:
    """A checksum of all records, as they are read."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.activity.many_events", "checksum"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.parametrize("policy", ["compress", "drop"])
def test_kills_at_random_moments_lose_nothing_and_the_month_is_closed_in_the_end(
    policy: str, tmp_path: Path
) -> None:
    draw = random.Random(policy)
    with migrated_database(f"killed_records_{policy}") as url:
        environment = bare_environment() | {
            "DATABASE_URL": url,
            "USHER_HOME": str(tmp_path),
            "USHER_EVENT_RECORDS": policy,
        }
        fill(environment)
        events, kinds = contents(url)
        records = read_back(environment)
        assert len(events) == EVENTS
        assert kinds == [(True, False, EVENTS)]
        kills, lives = 0, 0.05
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.support.activity.closes_months_in_forks",
                NOW.isoformat(),
                str(AT_ONCE),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=environment,
        ) as starter:
            assert starter.stdin is not None
            assert starter.stdout is not None
            while kinds == [(True, False, EVENTS)] and kills < MOST_KILLS:
                starter.stdin.write("close\n")
                process = int(starter.stdout.readline())
                # Seconds; longer and longer, so that on any machine it is killed early and comes through in the end.
                if not select.select([starter.stdout], [], [], draw.uniform(0.7, 1) * lives)[0]:
                    os.kill(process, signal.SIGKILL)
                    kills += 1
                assert starter.stdout.readline() == "ended\n"
                lives *= 1.15
                found, kinds = contents(url)
                assert found == events
                assert len(kinds) == 1, "a month is done in full or not at all"
        assert kills > 5, "most were killed in the middle"
        assert kinds == [(False, policy == "compress", EVENTS)]
        with psycopg.connect(url) as session:
            dropped = session.execute(
                "SELECT sum((before->>'events')::int) FROM ledger_entry WHERE action = 'events.records_dropped'"
            ).fetchone()
            counted = session.execute("SELECT outcome, events FROM activity_recordmonth").fetchall()
        if policy == "compress":
            assert (dropped, counted) == ((None,), [("compressed", EVENTS)])
            assert read_back(environment) == records
        else:
            assert (dropped, counted) == ((EVENTS,), [("dropped", EVENTS)])
