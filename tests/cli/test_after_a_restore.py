"""A dump that is restored behind Usher's back undoes cancellations: nothing is removed before a person has looked."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.cli.postgres_tools import pg_dump, pg_restore_over
from tests.support.cli.running import Usher, migrated_database
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.xdist_group("cli-restore")

AS_BOB = ("--as", "bob@example.com")


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with migrated_database("cli_restored") as url:
        yield url


@pytest.fixture(scope="module")
def acting(box: RunningSandbox, database: str, folder: Path) -> Usher:
    """“Acme” may act, and nobody has to wait, but for an approval."""
    usher = Usher(USHER_HOME=str(folder), USHER_ASANA_URL=box.url, DATABASE_URL=database)
    for command in (
        ["connect", "--name", "Acme", "--token", "sandbox-pat-1", "--mode", "act"],
        ["sync", "Acme"],
        ["users", "add", "bob@example.com", "--role", "approver"],
    ):
        done = usher(*command)
        assert done.returncode == 0, done.stderr
    with psycopg.connect(database) as rows:
        rows.execute(
            "INSERT INTO removal_guardrails (id, needs_approval, daily_limit, share_limit, grace_minutes,"
            " stopped_by, stop_reason) VALUES (1, true, 1000, 100, 0, '', '')"
        )
    return usher


def approved(acting: Usher, number: int = 0) -> tuple[str, str]:
    """A case of an ordinary person that would run now, and the gid of the person."""
    rows = json.loads(acting("people", "Acme", "--format", "json").stdout)
    admins = {row["gid"] for row in rows if row["role"] == "admin"}
    people = {
        row["gid"]: row["email"]
        for row in rows
        if row["status"] == "active" and row["role"] == "member" and row["gid"] not in admins and row["email"]
    }
    gid = sorted(people)[number]
    asked = acting("remove", "--connection", "Acme", "--email", people[gid], "--format", "json")
    assert asked.returncode == 0, asked.stderr
    case = str(json.loads(asked.stdout)["case"])
    done = acting(*AS_BOB, "approve", case)
    assert done.returncode == 0, done.stderr
    return case, gid


def is_active(box: RunningSandbox, gid: str) -> bool:
    return any(
        each["user"] == gid and each["status"] == "active"
        for workspace in box.truth()["workspaces"]
        for each in workspace["memberships"]
    )


def test_a_removal_that_was_cancelled_after_the_dump_does_not_run_once_the_dump_is_restored(
    acting: Usher, box: RunningSandbox, database: str, tmp_path: Path
) -> None:
    case, gid = approved(acting)
    pg_dump(database, tmp_path / "usher.dump")
    cancelled = acting("cancel", case, "--reason", "They are staying")
    assert cancelled.returncode == 0, cancelled.stderr
    pg_restore_over(database, tmp_path / "usher.dump")
    ran = acting("run-cases", "Acme")
    assert is_active(box, gid), ran.stdout
