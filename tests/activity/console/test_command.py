"""`usher console import FILE`."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from usher.activity.models import ConsoleImport, ConsoleSighting
from usher.cli.activity.console import console
from usher.connections.models import Connection


@pytest.fixture
def members(tmp_path: Path) -> Path:
    file = tmp_path / "members.csv"
    file.write_text(
        "Email,Teams,Last activity\nana@example.com,Sales,2026-11-19\nx@example.com,,\n", encoding="utf-16"
    )
    return file


def run(file: Path, *options: str) -> Result:
    return CliRunner().invoke(
        console, ["import", str(file), "--connection", "acme", "--exported-on", "2026-11-20", *options]
    )


def test_it_shows_what_it_recognised_and_takes_the_file_in(acme: Connection, members: Path) -> None:
    done = run(members)
    assert done.exit_code == 0, done.output
    for said in (
        "Rows: 2 (UTF-16, comma), exported on 2026-11-20",
        "Last activity",
        "Not used:         Teams",
        "line 2: ana@example.com is Ana Silva, last activity 2026-11-19",
        "Rows that match nobody in Usher: 1",
        "line 3: x@example.com",
        "The file is imported for “Acme”. People matched: 1.",
    ):
        assert said in done.output
    assert ConsoleImport.objects.get().exported_on == date(2026, 11, 20)


def test_a_dry_run_stores_nothing(acme: Connection, members: Path) -> None:
    done = run(members, "--dry-run")
    assert done.exit_code == 0
    assert "is Ana Silva" in done.output
    assert "Nothing was stored." in done.output
    assert not ConsoleImport.objects.exists()


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_broken_file_ends_with_1_and_says_line_and_column(
    acme: Connection, tmp_path: Path, options: tuple[str, ...]
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("Email,Joined\nana@example.com,soon\n")
    done = run(broken, *options)
    assert done.exit_code == 1
    assert "Line 2, column “Joined”: “soon” is not a day" in done.stderr
    assert "Nothing was stored." in done.stderr
    assert not ConsoleImport.objects.exists()


def test_rows_and_cells_that_cannot_be_read_are_named(acme: Connection, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("Email,Joined\nana@example.com,2020-01-01\n,2020-01-01\nbo@example.com,soon\n")
    done = run(file)
    assert done.exit_code == 0, done.output
    assert "Rows left out: 1\n  Line 3, column “Email”: The row has no e-mail address." in done.output
    assert "Cells that are no date, read as empty: 1\n  Line 4, column “Joined”: “soon”" in done.output


def test_an_ambiguous_order_is_asked_for_and_taken(acme: Connection, tmp_path: Path) -> None:
    unclear = tmp_path / "unclear.csv"
    unclear.write_text("Email,Joined\nana@example.com,03/04/2026\n")
    asked = run(unclear)
    assert asked.exit_code == 1
    assert "--date-order mdy" in asked.stderr
    assert not ConsoleImport.objects.exists()
    assert run(unclear, "--date-order", "dmy").exit_code == 0
    assert ConsoleSighting.objects.get().joined_on == date(2026, 4, 3)


def test_a_file_or_account_that_is_not_there_is_named(acme: Connection, members: Path) -> None:
    assert CliRunner().invoke(console, ["import", "no.csv", "--connection", "Acme"]).exit_code == 2
    unknown = CliRunner().invoke(console, ["import", str(members), "--connection", "Other"])
    assert unknown.exit_code == 2
    assert "There is no connection “Other”" in unknown.stderr
