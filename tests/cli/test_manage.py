"""`usher manage`: Django's own commands, on Usher's database."""

from pathlib import Path

import pytest

from tests.support.cli.running import Usher
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.xdist_group("cli")


def test_a_command_of_django_runs_on_the_database(usher: Usher) -> None:
    assert usher("users", "add", "vera@example.com", "--role", "viewer").returncode == 0
    done = usher("manage", "shell", "-v", "0", "-c", "print(User.objects.get().email)")
    assert (done.returncode, done.stdout) == (0, "vera@example.com\n"), done.stderr
    refused = usher("--as", "vera@example.com", "manage", "check")
    assert refused.returncode == 1
    assert "Only an admin" in refused.stderr


def test_dbshell_finds_psql_for_the_embedded_database(folder: Path, box: RunningSandbox) -> None:
    embedded = Usher(USHER_HOME=str(folder), USHER_ASANA_URL=box.url)
    assert embedded("migrate").returncode == 0
    done = embedded("manage", "dbshell", "--", "-Atc", "SELECT count(*) > 0 FROM django_migrations")
    assert (done.returncode, done.stdout) == (0, "t\n"), done.stderr


def test_a_command_that_fails_or_does_not_exist_ends_with_its_exit_code(usher: Usher) -> None:
    unknown = usher("manage", "poeple")
    assert unknown.returncode == 1
    assert "Unknown command" in unknown.stderr
    assert "Type 'usher manage help'" in unknown.stderr
