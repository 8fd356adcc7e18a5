"""`usher leavers`, `remove`, `cases`, `approve`, `cancel`, `run-cases` and the stop switch."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.cli.running import Usher, migrated_database
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.xdist_group("cli-removals")

LEAVER_KEYS = {"gid", "email", "name", "workspace_gids", "left_on", "source", "protected", "reason"}
AS_BOB = ("--as", "bob@example.com")


@pytest.fixture(scope="module")
def company() -> Iterator[RunningSandbox]:
    with running(people=60, seed=7, per_minute=0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with migrated_database("cli_removals") as url:
        yield url


@pytest.fixture(scope="module")
def acting(company: RunningSandbox, database: str, folder: Path) -> Usher:
    """“Acme” may act; “Only reads” may not. Nobody has to wait, but for an approval."""
    usher = Usher(USHER_HOME=str(folder), USHER_ASANA_URL=company.url, DATABASE_URL=database)
    for name, token, mode in (("Acme", "sandbox-pat-1", "act"), ("Only reads", "sandbox-pat-2", "read")):
        usher("connect", "--name", name, "--token", token, "--mode", mode)
        done = usher("sync", name)
        assert done.returncode == 0, done.stderr
    for email, role in (("bob@example.com", "approver"), ("vera@example.com", "viewer")):
        done = usher("users", "add", email, "--role", role)
        assert done.returncode == 0, done.stderr
    with psycopg.connect(database) as open_database:
        open_database.execute(
            "INSERT INTO removal_guardrails (id, needs_approval, daily_limit, share_limit, grace_minutes,"
            " stopped_by, stop_reason) VALUES (1, true, 1000, 100, 0, '', '')"
        )
    return usher


@pytest.fixture(scope="module")
def members(acting: Usher) -> list[dict[str, str]]:
    """Ordinary people of “Acme”, each once."""
    rows = json.loads(acting("people", "Acme", "--format", "json").stdout)
    admins = {row["gid"] for row in rows if row["role"] == "admin"}
    found = {
        row["gid"]: row
        for row in rows
        if row["status"] == "active" and row["role"] == "member" and row["gid"] not in admins and row["email"]
    }
    return [found[gid] for gid in sorted(found)]


def ask(usher: Usher, person: dict[str, str], *more: str) -> dict[str, object]:
    done = usher("remove", "--connection", "Acme", "--email", person["email"], "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    case: dict[str, object] = json.loads(done.stdout)
    return case


def test_a_person_is_removed_once_somebody_else_has_approved(
    acting: Usher, members: list[dict[str, str]], company: RunningSandbox
) -> None:
    person = members[0]
    case = ask(acting, person, "--reason", "Left the company")
    number = str(case["case"])
    assert (case["state"], case["email"]) == ("waiting", person["email"])
    own = acting("approve", number)
    assert own.returncode == 1
    assert "cannot approve" in own.stderr
    assert acting(*AS_BOB, "approve", number).returncode == 0
    done = acting("run-cases", "Acme")
    assert done.returncode == 0, done.stderr
    (record,) = [
        one
        for one in json.loads(acting("cases", "--state", "done", "--format", "json").stdout)
        if one["case"] == case["case"]
    ]
    assert record["approved_by"] == ["bob@example.com"]
    active = [
        m
        for workspace in company.truth()["workspaces"]
        for m in workspace["memberships"]
        if m["user"] == person["gid"] and m["status"] == "active"
    ]
    assert active == []


def test_a_dry_run_shows_the_calls_and_opens_no_case(acting: Usher, members: list[dict[str, str]]) -> None:
    before = acting("cases", "--format", "json").stdout
    done = acting(
        "remove", "--connection", "Acme", "--email", members[1]["email"], "--dry-run", "--format", "json"
    )
    assert done.returncode == 0, done.stderr
    calls = json.loads(done.stdout)["calls"]
    removals = [call for call in calls if call["path"].endswith("/removeUser")]
    assert removals
    assert all(call["body"] == {"data": {"user": members[1]["gid"]}} for call in removals)
    assert acting("cases", "--format", "json").stdout == before


def test_leavers_are_listed_as_the_directory_has_them(
    acting: Usher, members: list[dict[str, str]], tmp_path: Path
) -> None:
    gone, here = members[2], members[3]
    file = tmp_path / "hr.csv"
    file.write_text(
        "email,name,status,last day\n"
        f"{gone['email']},{gone['name']},left,2026-11-01\n{here['email']},{here['name']},active,\n"
    )
    done = acting("directory", "import", str(file), "--source", "HR", "--yes", "--not-everybody")
    assert done.returncode == 0, done.stderr
    found = json.loads(acting("leavers", "Acme", "--format", "json").stdout)
    (record,) = [one for one in found if one["gid"] == gone["gid"]]
    assert record.keys() >= LEAVER_KEYS
    assert (record["left_on"], record["source"], record["protected"]) == ("2026-11-01", "HR", False)
    assert here["gid"] not in {one["gid"] for one in found}


def test_a_connection_that_only_reads_offers_no_removal(acting: Usher) -> None:
    rows = json.loads(acting("people", "Only reads", "--format", "json").stdout)
    email = next(row["email"] for row in rows if row["status"] == "active" and row["role"] == "member")
    done = acting("remove", "--connection", "Only reads", "--email", email)
    assert done.returncode == 1
    assert "Read and take action" in done.stderr


def test_the_person_behind_the_token_is_never_removed(acting: Usher, company: RunningSandbox) -> None:
    rows = json.loads(acting("people", "Acme", "--format", "json").stdout)
    email = next(
        row["email"]
        for row in rows
        if row["gid"] == company.truth()["workspaces"][0]["memberships"][0]["user"]
    )
    done = acting("remove", "--connection", "Acme", "--email", email)
    assert done.returncode == 1
    assert "protected" in done.stderr


def test_a_case_can_be_cancelled_and_then_not_be_approved(
    acting: Usher, members: list[dict[str, str]]
) -> None:
    number = str(ask(acting, members[4])["case"])
    assert acting("cancel", number, "--reason", "A mistake").returncode == 0
    refused = acting(*AS_BOB, "approve", number)
    assert refused.returncode == 1
    assert "cancelled" in refused.stderr


def test_an_approval_that_names_what_was_read_is_refused_when_the_case_is_another(
    acting: Usher, members: list[dict[str, str]]
) -> None:
    case = ask(acting, members[6])
    number = str(case["case"])
    version = str(case["version"])
    other = "kind.00000000" + version.removeprefix("kind.")[8:]
    refused = acting(*AS_BOB, "approve", number, "--version", other)
    assert refused.returncode == 1
    assert "has changed since you read it: what happens." in refused.stderr
    refused = acting(*AS_BOB, "approve", number, "--version", "of something else")
    assert refused.returncode == 1
    assert acting(*AS_BOB, "approve", number, "--version", version).returncode == 0
    assert acting("cancel", number).returncode == 0


def test_nothing_runs_while_removals_are_stopped(acting: Usher, members: list[dict[str, str]]) -> None:
    number = str(ask(acting, members[5])["case"])
    assert acting(*AS_BOB, "approve", number).returncode == 0
    assert acting("stop-removals", "--reason", "Something is odd").returncode == 0
    held = acting("run-cases", "Acme")
    assert "1 held" in held.stdout
    assert acting(*AS_BOB, "resume-removals").returncode == 1, "an approver may not"
    assert acting("resume-removals").returncode == 0
    assert "1 done" in acting("run-cases", "Acme").stdout


@pytest.mark.parametrize(
    "command",
    [
        ("remove", "--connection", "Acme", "--email", "somebody@example.com"),
        ("approve", "1"),
        ("cancel", "1"),
        ("stop-removals",),
        ("resume-removals",),
        ("run-cases",),
    ],
    ids=lambda command: command[0],
)
def test_a_viewer_may_change_nothing(acting: Usher, command: tuple[str, ...]) -> None:
    done = acting("--as", "vera@example.com", *command)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Only ")


@pytest.mark.parametrize(
    "command",
    [
        ("approve", "999999"),
        ("remove", "--connection", "Acme", "--email", "nobody@example.com"),
        ("remove", "--connection", "Nowhere", "--email", "nobody@example.com"),
    ],
)
def test_what_does_not_exist_is_wrong_use(acting: Usher, command: tuple[str, ...]) -> None:
    done = acting(*AS_BOB, *command)
    assert done.returncode == 2
    assert "Error:" in done.stderr


def test_the_ledger_has_all_of_it_and_is_whole(acting: Usher, members: list[dict[str, str]]) -> None:
    number = str(ask(acting, members[7])["case"])
    assert acting(*AS_BOB, "approve", number).returncode == 0
    assert acting("run-cases", "Acme").returncode == 0
    acting("stop-removals", "--reason", "A drill")
    acting("resume-removals")
    assert acting("ledger", "verify").returncode == 0
    lines = [json.loads(line) for line in acting("ledger", "export").stdout.splitlines()]
    actions = {line["action"] for line in lines}
    assert {"case.opened", "case.asked", "case.approved", "asana.user_removed", "removals.stopped"} <= actions


def test_a_reason_that_cannot_be_kept_whole_is_wrong_use(acting: Usher) -> None:
    done = acting("stop-removals", "--reason", "x" * 1001)
    assert done.returncode == 2
    assert "1,001 characters; at most 1,000" in done.stderr
