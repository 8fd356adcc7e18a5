"""`python -m benchmarks all` leaves none out, and goes on when one fails."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import __main__ as runner

from tests.support.paths import ROOT

FOLDER = ROOT / "benchmarks"
NOT_ALONE = {"__main__", "inside"}
"""The runner itself, and what benchmarks run inside Usher."""


def test_every_benchmark_is_run() -> None:
    with_main = {file.stem for file in FOLDER.glob("*.py") if "\ndef main(" in file.read_text()}
    assert set(runner.COMMANDS) == with_main - NOT_ALONE


def test_figures_are_made_by_the_commands_that_stand_beside_them() -> None:
    documented = re.sub(r"\s+", " ", (FOLDER / "README.md").read_text())
    with_arguments = [name for name, arguments in runner.COMMANDS.items() if arguments]
    for name in set(with_arguments) - {"large_company"}:
        assert f"`{runner.command_of(name)}" in documented, name


def test_one_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "benchmarks"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "fails.py").write_text("raise SystemExit(3)")
    (package / "works.py").write_text("import sys; print('measured', *sys.argv[1:])")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "COMMANDS", {"fails": [], "works": ["--people", "5"]})
    monkeypatch.setattr(sys, "argv", ["benchmarks", "all"])
    assert runner.main() == 1
    printed = capfd.readouterr().out
    assert "measured --people 5" in printed
    rows = [line.split()[:2] for line in printed.splitlines() if line.startswith(("fails ", "works "))]
    assert rows == [["fails", "3"], ["works", "0"]]


def test_the_list_names_the_commands() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--list"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "python -m benchmarks.disk --people 1000" in listed
