"""`usher console import`: the Admin Console's member CSV, from a file."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from usher.access.roles import Action
from usher.activity.console.parse import parse
from usher.activity.console.preview import ConsolePreview, preview
from usher.activity.console.store import store
from usher.cli.errors import Failed
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.output import echo
from usher.cli.runtime import needs_database
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.problems import MOST_SHOWN, FileProblem, UnreadableFile


@click.group()
def console() -> None:
    """Import files that Asana's Admin Console exports."""


@console.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--connection", required=True, metavar="NAME", help="The connection whose members the file lists."
)
@click.option(
    "--exported-on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day of the export. Default: the day of the file itself.",
)
@click.option(
    "--date-order",
    type=click.Choice(["mdy", "dmy"]),
    help="How to read 03/04/2026, where the file does not show it.",
)
@click.option("--dry-run", is_flag=True, help="Show what the file contains; store nothing.")
@needs_database
def import_file(
    file: Path, connection: str, exported_on: datetime | None, date_order: str | None, *, dry_run: bool
) -> None:
    """Import the member CSV of Asana's Admin Console: joined, first login, last activity."""
    actor = demand(Action.IMPORT_DIRECTORY)
    chosen = connection_named(connection)
    day = exported_on.date() if exported_on else _day_of(file, ZoneInfo(chosen.time_zone))
    try:
        parsed = parse(file.read_bytes(), DateOrder(date_order) if date_order else None)
        previewed = preview(chosen, parsed, day)
        _show(previewed, day)
        if previewed.problems:
            raise UnreadableFile(previewed.problems)
        if previewed.asks_for_order:
            raise Failed(
                f"“{parsed.unclear_date}” can be read in two ways.",
                "Say which one is meant: --date-order mdy (month first) or --date-order dmy (day first).",
            )
        if dry_run:
            echo("", "Nothing was stored.")
            return
        stored = store(chosen, parsed, day, file.name, actor)
    except UnreadableFile as error:
        raise _failed(file, error.problems) from error
    echo("", f"The file is imported for “{chosen.name}”. People matched: {stored.matched:,}.")


def _day_of(file: Path, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(file.stat().st_mtime, zone).date()


def _show(previewed: ConsolePreview, day: date) -> None:
    echo(f"Rows: {len(previewed.file.rows):,} ({previewed.file_format}), exported on {day}")
    for field, header in previewed.file.columns.items():
        echo(f"  {field.label + ':':<18}{header}")
    if previewed.file.ignored_columns:
        echo(f"  {'Not used:':<18}{', '.join(previewed.file.ignored_columns)}")
    echo(f"People matched: {previewed.matched_count:,}")
    for each in previewed.matched:
        active = (
            f", last activity {each.row.last_activity_on or 'none'}" if not previewed.asks_for_order else ""
        )
        echo(f"  line {each.row.line}: {each.row.email} is {each.person}{active}")
    _and_more(previewed.matched_count - len(previewed.matched))
    if previewed.unmatched_count:
        echo(f"Rows that match nobody in Usher: {previewed.unmatched_count:,}")
        for row in previewed.unmatched:
            echo(f"  line {row.line}: {row.email or 'no e-mail address'}")
        _and_more(previewed.unmatched_count - len(previewed.unmatched))
    _show_problems("Rows left out", previewed.file.left_out)
    _show_problems("Cells that are no date, read as empty", previewed.file.blanked)
    if previewed.duplicate_count:
        echo(f"Rows skipped, because a newer row is about the same person: {previewed.duplicate_count:,}")
    if previewed.replaces:
        echo(f"The file replaces “{previewed.replaces.file_name}” of the same day.")


def _show_problems(title: str, problems: Sequence[FileProblem]) -> None:
    if problems:
        echo(f"{title}: {len(problems):,}")
        for problem in problems[:MOST_SHOWN]:
            echo(f"  {problem}")
        _and_more(len(problems) - MOST_SHOWN)


def _and_more(count: int) -> None:
    if count > 0:
        echo(f"  and {count:,} more")


def _failed(file: Path, problems: list[FileProblem]) -> Failed:
    lines = "\n       ".join(str(problem) for problem in problems)
    remedies = "\n       ".join(dict.fromkeys(problem.remedy for problem in problems))
    return Failed(f"{file.name} cannot be imported. {lines}", f"{remedies}\n       Nothing was stored.")
