"""What a command imports decides how long it takes to start: no list needs the client of Asana or a web server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import usher
from tests.support.cli.running import Usher, migrated_database
from usher.config import settings

SOURCE = Path(usher.__file__).parent
HEAVY = {
    "fido2",  # passkeys
    "holidays",
    "mcp",
    "httpx",
    "ninja",
    "onelogin",
    "python_calamine",
    "requests",
    "rich.console",
    "usher.asana",
    "usher.config.urls",
    "usher.removal.execution",
    "django.db.migrations.executor",
    "usher.directory.migrations",
}
LISTS = [
    "cases",
    "coverage",
    "directory list",
    "idle",
    "jobs list",
    "leavers",
    "ledger verify",
    "people",
    "tokens list",
    "usage",
    "users list",
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    home = tmp_path_factory.mktemp("home")
    with migrated_database("cli_imports") as url:
        yield Usher(USHER_HOME=str(home), DATABASE_URL=url).environment


@pytest.mark.parametrize("command", LISTS)
def test_a_list_is_shown_without_what_only_syncs_pages_and_removals_need(
    command: str, environment: dict[str, str]
) -> None:
    code = (
        "import json, sys\n"
        "from usher.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split()], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "usher.roster.models" in loaded
    assert not loaded & HEAVY


def test_the_worker_imports_the_jobs_of_every_capability() -> None:
    """The list is by hand, since looking for them would import them in every command."""
    modules = {".".join(["usher", *file.relative_to(SOURCE).with_suffix("").parts]) for file in _jobs()}
    assert set(settings.PROCRASTINATE_IMPORT_PATHS) == modules


def _jobs() -> list[Path]:
    return [file for file in SOURCE.rglob("jobs.py") if file.relative_to(SOURCE).parts[0] != "cli"]
