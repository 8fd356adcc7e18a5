"""Names in what commands print have no effect on the terminal."""

import ast
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import usher.cli
from usher.cli import output
from usher.cli.errors import Failed
from usher.cli.output import echo, print_check, print_csv, print_json, print_json_array, print_table

FORGED = "Ann\x1b[2J\u202e\x9b8m\nCase 7 approved."
SHOWN = "Ann\\x1b[2J\\u202e\\x9b8m\\nCase 7 approved."
NOT_THROUGH_OUTPUT = {("click", "echo"), ("click", "secho"), ("console", "print"), ("sys", "stdout")}
SOURCE = Path(usher.cli.__file__).parent


def test_a_cell_of_a_table_is_one_line_without_effects(capsys: pytest.CaptureFixture[str]) -> None:
    print_table({"name": "Name"}, [{"name": FORGED}], "")
    assert capsys.readouterr().out.split("\n")[1].rstrip() == SHOWN


def test_a_table_that_fits_is_printed_as_rich_prints_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [
        {"name": "Ann", "note": "한국어 ́é", "on": None},
        {"name": "Bert Ångström", "note": "🙂 [bold]:smile:", "on": "x"},
    ]
    columns = {"name": "Name", "note": "Note", "on": "On"}
    print_table(columns, records, "")
    fitted = capsys.readouterr().out
    monkeypatch.setattr(output, "_print_unfolded", lambda *_: False)
    print_table(columns, records, "")
    assert fitted == capsys.readouterr().out


def test_a_cell_that_does_not_fit_takes_several_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_table({"name": "Name", "note": "Note"}, [{"name": "Ann", "note": "word " * 100}], "")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= output.WIDTH_OF_A_PIPE


def test_a_sentence_is_one_line_without_effects(capsys: pytest.CaptureFixture[str]) -> None:
    echo("", f"Cancelled: {FORGED}.")
    assert capsys.readouterr().out == f"\nCancelled: {SHOWN}.\n"


def test_what_a_check_found_has_no_effects(capsys: pytest.CaptureFixture[str]) -> None:
    print_check("passed", f"[red]{FORGED}", FORGED, FORGED)
    out = capsys.readouterr().out
    assert f" [red]{SHOWN}\n" in out  # a name is no markup either
    assert all(line.startswith(" ") and line.isprintable() for line in out.splitlines())


def test_an_error_has_no_effects_and_no_line_that_looks_like_output() -> None:
    @click.command()
    def fail() -> None:
        raise Failed(f"There is no connection “{FORGED}”.", FORGED)

    said = CliRunner().invoke(fail).stderr.splitlines()
    assert said[0].startswith("Error: ")
    assert all(line.startswith("       ") for line in said[1:])
    assert all(line.isprintable() for line in said)


def test_json_holds_the_name_as_it_is_and_no_character_with_an_effect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json({"name": FORGED})
    print_json_array([{"name": FORGED}])
    document, array = capsys.readouterr().out.splitlines()[0:2]
    assert json.loads(document) == {"name": FORGED}
    assert document.isprintable()
    assert array.isprintable()


def test_csv_keeps_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(["name"], [{"name": FORGED}])
    assert FORGED in capsys.readouterr().out


def test_every_command_prints_through_this_one_place() -> None:
    """Otherwise the next command forgets it. `usher.cli.output` has a function for each form."""
    elsewhere = [
        f"{file.relative_to(SOURCE)}:{node.lineno}"
        for file in sorted(SOURCE.rglob("*.py"))
        if file.name != "output.py"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and _prints(node.func) and not _is_constant(node)
    ]
    assert not elsewhere


def _is_constant(call: ast.Call) -> bool:
    """With nothing in it that came from elsewhere."""
    return all(isinstance(argument, ast.Constant) for argument in call.args)


def _prints(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        return (called.value.id, called.attr) in NOT_THROUGH_OUTPUT
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Attribute):
        return called.attr == "write" and called.value.attr in ("stdout", "stderr")
    return isinstance(called, ast.Name) and called.id == "print"
