"""The table of commands: what `usher --help` lists without importing it, and what every command promises."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from usher.asana import Forbidden
from usher.cli import COMMANDS, main
from usher.refusals import Refused


def command_named(name: str) -> click.Command:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_begins_with_its_line_in_the_list(name: str) -> None:
    command = command_named(name)
    assert command.name == name
    assert (command.help or "").split("\n\n")[0].replace("\n", " ") == COMMANDS[name].summary


def test_help_lists_all_commands_and_imports_none(tmp_path: Path) -> None:
    code = (
        "import json, sys; from usher.cli import main\n"
        "main(['--help'], standalone_mode=False); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *help_lines, modules = done.stdout.splitlines()
    for name, command in COMMANDS.items():
        is_listed = any(re.match(rf"  {name} +{re.escape(command.summary)}$", line) for line in help_lines)
        assert is_listed != command.hidden, name
    loaded = set(json.loads(modules))
    assert not loaded & {"django", "httpx", "rich", "psycopg", "usher.cli.runtime", "usher.cli.people"}


@pytest.mark.parametrize("name", ["people", "remove", "manage"])
def test_help_of_a_command_needs_no_database_and_makes_no_folder(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-m", "usher", name, "--help"],
        env={"PATH": "/nowhere", "USHER_HOME": str(home), "DATABASE_URL": "postgresql://127.0.0.1:9/none"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not home.exists()


def test_an_unknown_command_is_wrong_use() -> None:
    result = CliRunner().invoke(main, ["poeple"])
    assert result.exit_code == 2
    assert "No such command 'poeple'" in result.output


@pytest.mark.parametrize(
    ("error", "message", "remedy"),
    [
        (Refused("That is refused.", "Do this instead."), "That is refused.", "Do this instead."),
        (Forbidden("Asana refused it.", status=403), "Asana refused it.", Forbidden.remedy),
    ],
)
def test_what_usher_or_asana_refuses_is_said_with_its_remedy_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str, remedy: str
) -> None:
    @click.command()
    def refusing() -> None:
        raise error

    monkeypatch.setattr(main, "get_command", lambda context, name: refusing)
    result = CliRunner().invoke(main, ["refusing"])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {message}\n" + (f"       {remedy}\n" if remedy else "")


def test_the_version_names_the_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usher.cli.version.revision", lambda: "abc1234")
    assert CliRunner().invoke(main, ["--version"]).output.endswith(" (abc1234)\n")
    monkeypatch.setattr("usher.cli.version.revision", lambda: "")
    assert re.fullmatch(r"usher, version \d+\.\d+\.\d+\n", CliRunner().invoke(main, ["--version"]).output)
