"""`usher usage`, `idle`, `events` and `coverage`."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from tests.support.cli.running import Usher, migrated_database
from tests.support.streams.ocsf_schema import problems_of
from usher.sandbox import RunningSandbox, running
from usher.streams.ocsf.mapping import asana_event_types

pytestmark = pytest.mark.xdist_group("cli-usage")

Record = dict[str, Any]
USAGE_KEYS = {
    "gid",
    "email",
    "workspace_gids",
    "active_days",
    "sessions",
    "usage_minutes",
    "average_usage_minutes",
    "last_used",
    "last_used_source",
    "automated_last_used",
    "confidence",
}


@pytest.fixture(scope="module")
def working() -> Iterator[RunningSandbox]:
    with running(people=60, seed=7, per_minute=0) as sandbox:
        sandbox.set_clock(datetime.now(UTC))
        yield sandbox


@pytest.fixture(scope="module")
def used(working: RunningSandbox, folder: Path) -> Iterator[Usher]:
    """With “Acme”, connected with a service account's token and synced."""
    with migrated_database("cli_usage") as url:
        usher = Usher(USHER_HOME=str(folder), USHER_ASANA_URL=working.url, DATABASE_URL=url)
        connect = (
            "connect",
            "--name",
            "Acme",
            "--token",
            "sandbox-pat-1",
            "--service-token",
            "sandbox-service-1",
        )
        assert usher(*connect).returncode == 0
        done = usher("sync", "Acme")
        assert done.returncode == 0, done.stderr
        yield usher


def printed(usher: Usher, *command: str) -> str:
    done = usher(*command)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def records(usher: Usher, *command: str) -> list[Record]:
    found: list[Record] = json.loads(printed(usher, *command, "--format", "json"))
    return found


def rows(usher: Usher, *command: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed(usher, *command, "--format", "csv"))))


def lines(usher: Usher, *command: str) -> list[Record]:
    return [json.loads(line) for line in printed(usher, "events", *command).splitlines()]


def test_usage_tells_everyone_with_the_promised_keys(used: Usher, working: RunningSandbox) -> None:
    people = records(used, "usage", "Acme")
    assert people
    assert all(person.keys() >= USAGE_KEYS for person in people)
    truth = working.usage_truth()["people"]
    active = [person for person in people if person["active_days"]]
    assert active
    for person in people:
        lived = truth[person["gid"]]
        assert person["active_days"] == lived["audit_only"]["active_days"] or not lived["observable"]
        assert isinstance(person["workspace_gids"], list)
        assert person["workspace_gids"]
        assert person["confidence"] in ("high", "medium", "console", "none")
        assert (person["average_usage_minutes"] is None) == (person["active_days"] == 0)
        assert (person["last_used"] is None) == (person["last_used_source"] is None)
        if person["last_used"]:
            assert datetime.fromisoformat(str(person["last_used"])) <= datetime.now(UTC)
            assert str(person["last_used"]).endswith("Z")


def test_usage_as_csv_is_the_same_and_as_a_table_has_a_line_for_everyone(used: Usher) -> None:
    people, table = records(used, "usage"), printed(used, "usage")
    by_gid = {row["gid"]: row for row in rows(used, "usage")}
    assert len(by_gid) == len(people) == len(table.splitlines()) - 1
    for person in people:
        row = by_gid[str(person["gid"])]
        assert row["active_days"] == str(person["active_days"])
        assert row["workspace_gids"] == " ".join(person["workspace_gids"])
        assert row["last_used"] == (person["last_used"] or "")


def test_usage_until_a_day_in_the_past_is_the_use_of_then(used: Usher, working: RunningSandbox) -> None:
    until = datetime.now(UTC).date() - timedelta(days=21)
    people = records(used, "usage", "--days", "14", "--until", until.isoformat())
    truth = working.usage_truth(days=14, until=until)["people"]
    compared = 0
    for person in people:
        lived = truth[person["gid"]]
        if lived["observable"]:
            compared += 1
            assert person["active_days"] == lived["audit_only"]["active_days"]
            assert person["sessions"] == lived["audit_only"]["sessions"]
    assert compared > 20
    assert records(used, "usage", "--days", "14", "--until", "2001-01-31")[0]["active_days"] == 0


def test_usage_rebuild_changes_nothing(used: Usher) -> None:
    before = records(used, "usage")
    assert "computed again" in printed(used, "usage", "rebuild", "Acme")
    assert records(used, "usage") == before


def test_idle_lists_seats_whose_whole_window_was_watched(used: Usher, working: RunningSandbox) -> None:
    seats = records(used, "idle", "Acme", "--days", "60")
    assert seats
    truth = working.usage_truth(days=60)["people"]
    for seat in seats:
        assert truth[seat["gid"]]["audit_only"]["active_days"] == 0
        assert seat["confidence"] == "medium"
    everyone_new_too = records(used, "idle", "--days", "60", "--grace", "0")
    assert {seat["gid"] for seat in seats} <= {seat["gid"] for seat in everyone_new_too}
    assert len(rows(used, "idle", "--days", "60")) == len(seats)


def test_idle_says_since_when_it_will_be_known_instead_of_calling_anybody_idle(used: Usher) -> None:
    done = used("idle", "--days", "200", "--format", "json")
    assert json.loads(done.stdout) == []
    assert "seats idle for 200 days are not known before" in done.stderr


def test_coverage_tells_from_to_and_gaps_of_every_workspace_and_source(used: Usher) -> None:
    found = records(used, "coverage", "Acme")
    assert found
    for record in found:
        assert record.keys() == {"connection", "workspace_gid", "workspace", "source", "from", "to", "gaps"}
        assert record["gaps"] == []
    audit = next(record for record in found if record["source"] == "audit")
    begun, ended = (datetime.fromisoformat(str(audit[key])) for key in ("from", "to"))
    assert ended - begun == timedelta(days=90)
    assert "audit" in printed(used, "coverage")


def test_a_gap_is_told_in_every_format(used: Usher) -> None:
    with psycopg.connect(used.environment["DATABASE_URL"]) as database:
        database.execute(
            "INSERT INTO activity_coverage (workspace_id, source, begins_at, ends_at)"
            " SELECT workspace_id, source, begins_at - interval '40 days', begins_at - interval '10 days'"
            " FROM activity_coverage WHERE source = 'audit'"
        )
    try:
        [audit] = [record for record in records(used, "coverage") if record["source"] == "audit"]
        [gap] = audit["gaps"]
        assert gap.keys() == {"from", "to"}
        interval = f"{gap['from']}/{gap['to']}"
        [row] = [row for row in rows(used, "coverage") if row["source"] == "audit"]
        assert row["gaps"] == interval
        assert interval in printed(used, "coverage")
    finally:
        with psycopg.connect(used.environment["DATABASE_URL"]) as database:
            database.execute(
                "DELETE FROM activity_coverage WHERE source = 'audit' AND ends_at < now() - interval '80 days'"
            )


def test_events_as_ocsf_are_the_same_and_valid(used: Usher) -> None:
    as_sent, as_ocsf = lines(used), lines(used, "--format", "ocsf")
    assert [event["metadata"]["uid"] for event in as_ocsf] == [event["gid"] for event in as_sent]
    assert not [problem for event in as_ocsf for problem in problems_of(event)]
    unknown = {event["metadata"]["event_code"] for event in as_ocsf if event["class_uid"] == 0}
    assert not unknown & asana_event_types().keys()  # the sandbox has types that nobody has heard of


def test_tables_are_exported_for_a_warehouse(used: Usher, tmp_path: Path) -> None:
    said = printed(used, "export", "Acme", "--to", str(tmp_path))
    people = len(
        {row["email"] for row in csv.DictReader(io.StringIO(printed(used, "people", "--format", "csv")))}
    )
    with duckdb.connect() as database:
        counted = database.execute(
            f"SELECT count(DISTINCT email) FROM '{tmp_path}/people.parquet'"
        ).fetchone()
        used_days = database.execute(f"SELECT count(*) FROM '{tmp_path}/days_of_use.parquet'").fetchone()
    assert counted == (people,)
    assert used_days and used_days[0] > 0
    assert f"{tmp_path}/cases.parquet: 0 rows" in said


def test_events_are_what_asana_sent_oldest_first(used: Usher) -> None:
    events = lines(used)
    assert len(events) > 100
    moments = [str(event["created_at"]) for event in events]
    assert moments == sorted(moments)
    assert len({event["gid"] for event in events}) == len(events)
    assert all(event.keys() >= {"gid", "actor", "resource", "context", "details"} for event in events)
    table = rows(used, "events")
    assert [row["gid"] for row in table] == [event["gid"] for event in events]
    assert all(row["what"] for row in table)


def test_events_by_day_category_type_and_person(used: Usher) -> None:
    events = lines(used)
    day = date.fromisoformat(str(events[len(events) // 2]["created_at"])[:10])
    assert lines(used, "--since", f"{day}", "--until", f"{day}") == [
        event for event in events if str(event["created_at"]).startswith(f"{day}")
    ]
    assert lines(used, "Acme", "--category", "logins") == [
        event for event in events if event["event_category"] == "logins"
    ]
    assert lines(used, "--type", "user_login_failed") == [
        event for event in events if event["event_type"] == "user_login_failed"
    ]
    person = next(event["actor"] for event in events if event["actor"].get("email"))
    expected = [
        event
        for event in events
        if person["gid"] in (event["actor"].get("gid"), event["resource"].get("gid"))
    ]
    assert lines(used, "--person", person["gid"]) == expected
    assert lines(used, "--person", person["email"].upper()) == expected
    assert lines(used, "--person", "nobody@example.com") == []
    assert lines(used, "--category", "furniture") == []
    assert lines(used, "--since", f"{day}", "--person", person["gid"], "--category", "logins") == [
        event
        for event in expected
        if event["event_category"] == "logins" and str(event["created_at"]) >= f"{day}"
    ]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_reader_that_goes_away_is_no_error_to_tell_of(used: Usher, form: str) -> None:
    command = f"{sys.executable} -m usher events --format {form} | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, env=used.environment, check=False
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


WRONG = [
    ["usage", "Nobody"],
    ["usage", "--days", "0"],
    ["usage", "--days", "many"],
    ["usage", "--until", "2026-13-01"],
    ["usage", "--until", "yesterday"],
    ["usage", "--until", "0001-01-01"],
    ["usage", "--until", "9999-12-31"],
    ["usage", "Acme", "Acme"],
    ["usage", "--format", "xml"],
    ["idle", "--days", "-1"],
    ["idle", "--grace", "-1"],
    ["idle", "Nobody"],
    ["events", "--since", "2026-02-30"],
    ["events", "--since", "2026-02-02", "--until", "2026-02-01"],
    ["events", "--format", "json"],
    ["events", "Nobody"],
    ["coverage", "Nobody"],
    ["usage", "rebuild", "Nobody"],
]


@pytest.mark.parametrize("command", WRONG, ids=" ".join)
def test_what_cannot_be_is_refused_with_a_sentence(used: Usher, command: list[str]) -> None:
    done = used(*command)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_empty_installation_says_so(folder: Path) -> None:
    with migrated_database("cli_usage_empty") as url:
        empty = Usher(USHER_HOME=str(folder), DATABASE_URL=url)
        for command in (["usage"], ["idle"], ["coverage"]):
            assert records(empty, *command) == []
            assert rows(empty, *command) == []
            assert printed(empty, *command).strip().endswith((".", "NAME."))
        assert printed(empty, "events") == ""
        assert rows(empty, "events") == []
        assert printed(empty, "usage", "rebuild") == ""


MANY = """
INSERT INTO activity_auditevent
SELECT workspace.connection_id, workspace.id, 'bulk' || n, now() - interval '1 day' + n * interval '0.1 second',
       'attachment_uploaded', 'bulk', 'user', '1', 'attachment', '2', 'web', '', 1,
       '{"gid":"' || n || '","filler":"' || repeat('x', 1500) || '"}'
FROM generate_series(1, %s) n, (SELECT * FROM roster_workspace WHERE is_organization LIMIT 1) workspace
"""
PEAK = """
import resource, sys
from usher.cli import main
try:
    main(["events", "--category", "bulk"])
finally:
    sys.stdout.flush()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


def test_events_need_as_much_memory_for_many_as_for_few(used: Usher) -> None:
    peaks = []
    with psycopg.connect(used.environment["DATABASE_URL"], autocommit=True) as database:
        partition = "activity_auditevent_" + f"{datetime.now(UTC) - timedelta(days=1):%Y_%m}"
        assert database.execute("SELECT to_regclass(%s)", [partition]).fetchone() != (None,)
        database.execute(
            "INSERT INTO activity_eventtypeseen (connection_id, event_type, category, events)"
            " SELECT id, 'attachment_uploaded', 'bulk', 1 FROM connections_connection"
        )
        try:
            for count in (2_000, 40_000):
                database.execute("DELETE FROM activity_auditevent WHERE category = 'bulk'")
                database.execute(MANY, [count])
                done = subprocess.run(
                    [sys.executable, "-c", PEAK],
                    capture_output=True, text=True, timeout=120, env=used.environment, check=False,
                )  # fmt: skip
                assert len(done.stdout.splitlines()) == count
                peaks.append(int(done.stderr))
        finally:
            database.execute("DELETE FROM activity_auditevent WHERE category = 'bulk'")
            database.execute("DELETE FROM activity_eventtypeseen WHERE category = 'bulk'")
    assert peaks[1] < peaks[0] + 25, peaks  # all of them would be 60 megabytes more
