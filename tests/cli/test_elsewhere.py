"""`usher --url …`: the same rows as on the machine itself, without a database here."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Installation, installed
from tests.support.cli.breaking_off import BreakingProxy, breaking_proxy
from tests.support.cli.running import bare_environment

pytestmark = pytest.mark.xdist_group("e2e")

COMMANDS = (
    ["people"],
    ["people", "Acme"],
    ["idle", "--days", "60"],
    ["usage", "Acme", "--days", "30"],
    ["coverage"],
    ["leavers"],
    ["cases"],
)


@pytest.fixture(scope="module")
def usher() -> Iterator[Installation]:
    with installed() as installation:
        installation.command(
            "connect",
            *("--name", "Acme", "--token", "sandbox-pat-1"),
            *("--service-token", "sandbox-service-1", "--mode", "act"),
        )
        installation.command("sync", "Acme")
        installation.command("users", "add", "ada@example.com", "--role", "admin")
        yield installation


@pytest.fixture(scope="module")
def token_file(usher: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = usher.command(
        "manage",
        "shell",
        "-c",
        "from usher.access.models import User\n"
        "from usher.access.tokens.api_tokens import make_token\n"
        "from usher.ledger.actors import SYSTEM\n"
        "print(make_token(User.objects.get(username='ada@example.com'), 'laptop', SYSTEM))",
    )
    file = tmp_path_factory.mktemp("laptop") / "token"
    file.write_text(made.strip().splitlines()[-1] + "\n")
    return file


def on_a_laptop(url: str, token_file: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """In a process that has neither a data folder nor a database."""
    home = token_file.parent / "no-such-folder"
    environment = bare_environment() | {"USHER_HOME": str(home), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-m", "usher", "--url", url, "--token-file", str(token_file), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert not home.exists()
    return done


def test_a_laptop_prints_what_the_machine_prints(usher: Installation, token_file: Path) -> None:
    for command in COMMANDS:
        for form in ("json", "csv"):
            here = usher.command(*command, "--format", form)
            there = on_a_laptop(usher.url, token_file, *command, "--format", form)
            assert there.returncode == 0, there.stderr
            assert sorted(there.stdout.splitlines()) == sorted(here.splitlines()) or (
                form == "json" and in_any_order(there.stdout) == in_any_order(here)
            ), command
    assert len(json.loads(usher.command("people", "--format", "json"))) > 100
    table = on_a_laptop(usher.url, token_file, "people")
    assert "memberships" in table.stdout


def in_any_order(text: str) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in json.loads(text))


def test_events_come_as_asana_sent_them(usher: Installation, token_file: Path) -> None:
    here = usher.command("events", "Acme", "--type", "user_login_succeeded").splitlines()
    there = on_a_laptop(usher.url, token_file, "events", "Acme", "--type", "user_login_succeeded")
    assert sorted(there.stdout.splitlines()) == sorted(here)
    assert len(here) > 10
    rows = on_a_laptop(usher.url, token_file, "events", "--type", "user_login_succeeded", "--format", "csv")
    assert len(rows.stdout.splitlines()) == len(here) + 1


def test_a_file_of_events_that_breaks_off_goes_on_and_has_each_event_once(
    usher: Installation, token_file: Path
) -> None:
    """By the cursor of the last whole page, not from the beginning."""
    here = usher.command("events", "Acme").splitlines()
    assert len(here) > 2_500, "several pages"
    with breaking_proxy(BreakingProxy(usher.url, breaks=frozenset({1, 2, 4}))) as proxy:
        there = on_a_laptop(proxy.url, token_file, "events", "Acme")
    assert there.returncode == 0, there.stderr
    lines = there.stdout.splitlines()
    assert (len(lines), len(set(lines))) == (len(here), len(here))
    assert lines == here
    cursors = [httpx.URL(path).params.get("cursor") for path in proxy.asked]
    assert cursors[0] is None
    assert cursors[1] == cursors[2] == cursors[3] is not None  # twice in vain, from the same place
    assert cursors[4] == cursors[5] != cursors[3]


def test_one_that_breaks_off_again_and_again_fails_with_what_to_do(
    usher: Installation, token_file: Path
) -> None:
    with breaking_proxy(BreakingProxy(usher.url, breaks_always=True)) as proxy:
        there = on_a_laptop(proxy.url, token_file, "events", "Acme")
    assert there.returncode == 1
    assert "its answer breaks off" in there.stderr
    assert "Traceback" not in there.stderr
    assert there.stdout == ""
    assert len(proxy.asked) == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sync", "Acme"], "works on the machine that runs Usher"),
        (["people", "No such"], "There is no connection “No such”"),
        (["usage", "rebuild"], "works on the machine that runs Usher"),
        (["events", "--format", "ocsf"], "works on the machine that runs Usher"),
    ],
)
def test_what_cannot_be_asked_elsewhere_is_refused(
    usher: Installation, token_file: Path, arguments: list[str], said: str
) -> None:
    done = on_a_laptop(usher.url, token_file, *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_wrong_token_and_a_token_in_the_clear_are_refused(usher: Installation, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("usher_wrong")
    done = on_a_laptop(usher.url, wrong, "people")
    assert done.returncode == 1
    assert "The token is missing, wrong, ended or was revoked." in done.stderr
    done = on_a_laptop("http://usher.example.com", wrong, "people")
    assert done.returncode == 2
    assert "--url must begin with https://" in done.stderr
