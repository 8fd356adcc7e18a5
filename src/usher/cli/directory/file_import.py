"""`usher directory import`: a file of employees, previewed, asked about, and applied."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from usher.access.roles import Action
from usher.cli.directory.printing import show_preview, show_questions
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import demand
from usher.cli.output import echo
from usher.cli.runtime import needs_database
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.problems import UnreadableFile
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.importing import UnansweredQuestions, apply, csv_source
from usher.directory.imports.list_questions import EVERYBODY, GONE, LEFT_OUT, LISTS, PART
from usher.directory.imports.previewing import preview
from usher.directory.imports.reading import HEADER_LINE, SHEET, FileReading, read_file
from usher.directory.imports.statuses import ACCOUNT_CHOICE, STATUS_CHOICE, Meaning
from usher.directory.models import Source
from usher.ledger.actors import Actor


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--source",
    "source_name",
    required=True,
    metavar="NAME",
    help="The source that the file comes from; created if new.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column holds a field, such as email=Login.",
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="WORD=MEANING",
    help="What a status means: here, on_leave, leaving, left, sign_in_off or leave_out (ignore the row).",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="COLUMN=MEANING",
    help="What a switched-off account means: left, sign_in_off, here or leave_out.",
)
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="QUESTION=ANSWER",
    help="Answer a question, as it is printed.",
)
@click.option(
    "--sheet", default="", help="The sheet of a workbook; default: the one with known column names."
)
@click.option("--header-line", type=click.IntRange(min=1), help="The line with the column names.")
@click.option(
    "--date-order",
    type=click.Choice(["mdy", "dmy"]),
    help="How to read 03/04/2026, where the file does not show it.",
)
@click.option(
    "--everybody/--not-everybody",
    "everybody",
    default=None,
    help="Whether this file, as all lists of the source, holds everybody who works here; remembered.",
)
@click.option(
    "--accept-drop",
    type=click.IntRange(min=1),
    metavar="N",
    help="The file is complete, and so many employees are gone.",
)
@click.option(
    "--accept-left-out",
    type=click.IntRange(min=1),
    metavar="N",
    help="Import the file without so many rows that cannot be read.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@needs_database
def import_file(
    file: Path,
    source_name: str,
    maps: tuple[str, ...],
    statuses: tuple[str, ...],
    accounts: tuple[str, ...],
    answers: tuple[str, ...],
    sheet: str,
    header_line: int | None,
    date_order: str | None,
    everybody: bool | None,
    accept_drop: int | None,
    accept_left_out: int | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Import a file that lists the employees of a source.

    Those who are missing from a list of everybody are no longer listed; that makes nobody a leaver. What the file
    leaves open is printed with the options that answer it, and nothing is imported before it is answered.
    """
    actor = demand(Action.IMPORT_DIRECTORY)
    chosen = _chosen(maps, statuses) | _answers(accounts, answers)
    chosen |= {SHEET: sheet} if sheet else {}
    chosen |= {HEADER_LINE: str(header_line)} if header_line else {}
    chosen |= {} if everybody is None else {LISTS: EVERYBODY if everybody else PART}
    chosen |= {GONE: str(accept_drop)} if accept_drop else {}
    chosen |= {LEFT_OUT: str(accept_left_out)} if accept_left_out else {}
    content = file.read_bytes()
    source = csv_source(source_name) or source_name
    mapping = source.mapping if isinstance(source, Source) else {}
    try:
        form = _form(content, mapping | chosen, date_order)
        _imported(source, content, form, actor, file.name, dry_run=dry_run, yes=yes)
    except UnreadableFile as error:
        raise _failed(file, error) from error


def _imported(
    source: Source | str,
    content: bytes,
    form: FileReading,
    actor: Actor,
    file_name: str,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    seen_at = datetime.now(UTC)
    known = source if isinstance(source, Source) else None
    previewed = preview(known, content, form, seen_at, "" if known else str(source))
    show_preview(previewed)
    show_questions(previewed.questions)
    if dry_run:
        echo("", "Nothing was changed.")
        return
    if previewed.questions:
        raise UnansweredQuestions(previewed.questions)
    if not yes and sys.stdin.isatty() and previewed.tally.changes:
        click.confirm("\nApply?", abort=True)
    batch = apply(source, content, form, actor, file_name, seen_at)
    echo("", f"The file is imported for “{batch.source}”.")
    if known is not None and known.lists_everyone is False:
        echo("The lists of this source are not complete: nobody is no longer listed by one.")


def _form(content: bytes, chosen: dict[str, str], date_order: str | None) -> FileReading:
    form = read_file(content, chosen, DateOrder(date_order) if date_order else None)
    missing = [
        column
        for name, column in chosen.items()
        if name in set(EmployeeField) and column not in ("", *form.table.headers)
    ]
    if missing:
        echo(f"The file has no column {', '.join(missing)}; other columns were used.", err=True)
    return form


def _chosen(maps: tuple[str, ...], statuses: tuple[str, ...]) -> dict[str, str]:
    chosen = {}
    for given in maps:
        name, equals, column = given.partition("=")
        if not equals or name not in set(EmployeeField):
            raise WrongUse(f"--map {given} is not FIELD=COLUMN.", f"Fields: {', '.join(EmployeeField)}.")
        chosen[name] = column
    for given in statuses:
        word, equals, meaning = given.rpartition("=")
        if not equals or meaning not in set(Meaning):
            raise WrongUse(f"--status {given} is not WORD=MEANING.", f"Meanings: {', '.join(Meaning)}.")
        chosen[f"{STATUS_CHOICE}{word.casefold()}"] = meaning
    return chosen


def _answers(accounts: tuple[str, ...], answers: tuple[str, ...]) -> dict[str, str]:
    chosen = {}
    for given in accounts:
        column, equals, meaning = given.rpartition("=")
        if not equals or meaning not in set(Meaning):
            raise WrongUse(f"--account {given} is not COLUMN=MEANING.", f"Meanings: {', '.join(Meaning)}.")
        chosen[f"{ACCOUNT_CHOICE}{column}"] = meaning
    for given in answers:
        key, equals, answer = given.rpartition("=")
        if not equals or not answer:
            raise WrongUse(f"--answer {given} is not QUESTION=ANSWER.", "Give it as it is printed.")
        chosen[key] = answer
    return chosen


def _failed(file: Path, error: UnreadableFile) -> Failed:
    remedies = "\n       ".join(dict.fromkeys(problem.remedy for problem in error.problems))
    return Failed(f"{file.name} cannot be imported. {error}", f"{remedies}\n       Nothing was changed.")
