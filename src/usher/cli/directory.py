"""`usher directory`: import employees from a file, and list people in Asana with their employment."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from django.db import transaction

from usher.access.roles import Action
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import demand
from usher.cli.options import format_option
from usher.cli.output import print_csv, print_json_array, print_table
from usher.cli.runtime import needs_database
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.problems import UnreadableFile
from usher.directory import sources
from usher.directory.employment.export import COLUMNS, people_with_group, records
from usher.directory.employment.status import EmploymentGroup
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.importing import (
    ImportPreview,
    TooManyWouldLeave,
    UnansweredQuestions,
    apply,
    preview,
)
from usher.directory.imports.reading import HEADER_LINE, SHEET, FileReading, read_file
from usher.directory.imports.statuses import ACCOUNT_CHOICE, STATUS_CHOICE, Meaning
from usher.directory.models import Source
from usher.ledger.actors import Actor

STEPS = {
    "joined": "join",
    "leaving": "are leaving",
    "left": "have left",
    "unlisted": "are no longer listed: they left",
    "returned": "come back",
    "changed": "change in other ways",
}
SHOWN = 5


@click.group()
def directory() -> None:
    """Import and list employees."""


@directory.command("import")
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
    help="What a switched-off account means: left, sign_in_off or leave_out.",
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
@click.option("--accept-drop", is_flag=True, help="Accept that more than a tenth of the employees have left.")
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
    *,
    accept_drop: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Import a file that lists all employees of a source.

    Employees who are missing from it count as left.
    """
    actor = demand(Action.IMPORT_DIRECTORY)
    chosen = _chosen(maps, statuses) | _answers(accounts, answers)
    chosen |= {SHEET: sheet} if sheet else {}
    chosen |= {HEADER_LINE: str(header_line)} if header_line else {}
    content = file.read_bytes()
    try:
        with transaction.atomic():
            source = _source(source_name, actor)
            form = _form(content, source.mapping | chosen, date_order)
            is_applied = _preview_and_apply(
                source, content, form, actor, file.name, accept_drop=accept_drop, dry_run=dry_run, yes=yes
            )
            if not is_applied:
                transaction.set_rollback(True)
    except UnreadableFile as error:
        raise _failed(file, error) from error


def _preview_and_apply(
    source: Source,
    content: bytes,
    form: FileReading,
    actor: Actor,
    file_name: str,
    *,
    accept_drop: bool,
    dry_run: bool,
    yes: bool,
) -> bool:

    seen_at = datetime.now(UTC)
    previewed = preview(source, content, form, seen_at)
    _show(previewed)
    if form.has_questions:
        _show_questions(form)
        raise Failed(
            UnansweredQuestions(form).message, f"{UnansweredQuestions(form).remedy} Nothing was changed."
        )
    if dry_run:
        click.echo("\nNothing was changed.")
        return False
    if previewed.asks_about_drop and not accept_drop:
        drop = TooManyWouldLeave(previewed.tally)
        raise Failed(
            drop.message, "Is the file complete, and from this source? If they really left: --accept-drop."
        )
    if not yes and sys.stdin.isatty() and previewed.tally.changes:
        click.confirm("\nApply?", abort=True)
    apply(source, content, form, actor, file_name, seen_at, accepted_drops=previewed.tally.drops)
    click.echo(f"\nThe file is imported for “{source.name}”.")
    return True


def _source(name: str, actor: Actor) -> Source:
    source = Source.objects.filter(name__iexact=name).first()
    if source is None:
        return sources.add(actor, name)
    if source.kind != Source.Kind.CSV:
        raise Failed(
            f"“{source.name}” is fed by {source.get_kind_display()}: a file would contradict it.",
            "Choose another name with --source.",
        )
    return source


def _form(content: bytes, chosen: dict[str, str], date_order: str | None) -> FileReading:
    form = read_file(content, chosen, DateOrder(date_order) if date_order else None)
    missing = [
        column
        for name, column in chosen.items()
        if name in set(EmployeeField) and column not in ("", *form.table.headers)
    ]
    if missing:
        click.echo(f"The file has no column {', '.join(missing)}; other columns were used.", err=True)
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
        key, equals, answer = given.partition("=")
        if not equals or not answer:
            raise WrongUse(f"--answer {given} is not QUESTION=ANSWER.", "Give it as it is printed.")
        chosen[key] = answer
    return chosen


def _show_questions(form: FileReading) -> None:
    """Each with its examples and the option that answers it."""
    for question in form.questions:
        click.secho(f"\n{question.title} {question.why}", bold=True)
        for item in question.items:
            click.echo(f"  {item.text}{f' ({item.count:,})' if item.count else ''}")
            if item.examples:
                click.echo(f"    For example: {', '.join(item.examples[:SHOWN])}")
            click.echo(f"    {item.option}")
            click.echo("    " + "; ".join(f"{value}: {label}" for value, label in item.choices))


def _show(previewed: ImportPreview) -> None:
    click.echo(f"Rows: {previewed.tally.rows:,}")
    for field in previewed.layout.columns:
        click.echo(f"  {field.label + ':':<31}{', '.join(previewed.layout.columns[field])}")
    for kind, words in STEPS.items():
        count = previewed.count(kind)
        if count:
            click.echo(f"{count:,} {words}")
            for step in previewed.samples[kind][:SHOWN]:
                click.echo(
                    f"  {step.after.name or step.after.email or step.after.key} {_day(step.after.last_day)}"
                )
    if previewed.layout.notes:
        click.echo(f"Lines that are no employees, such as totals: {len(previewed.layout.notes):,}")
    if not previewed.tally.changes:
        click.echo("Nothing changes.")
    if previewed.seat_count:
        click.echo(f"Leaving or left, and with a seat in Asana: {previewed.seat_count:,}")
    if previewed.tally.left_out_count:
        click.echo(f"Rows ignored, whose employees stay as they are: {previewed.tally.left_out_count:,}")
        for row in previewed.tally.left_out[:SHOWN]:
            click.echo(f"  line {row.line}: {row.why}")


def _day(day: object) -> str:
    return f"(last day {day})" if day else ""


def _failed(file: Path, error: UnreadableFile) -> Failed:
    remedies = "\n       ".join(dict.fromkeys(problem.remedy for problem in error.problems))
    return Failed(f"{file.name} cannot be imported. {error}", f"{remedies}\n       Nothing was changed.")


@directory.command("list")
@click.option("--group", help="employed, leaving, left, guest, service_account or unknown. Default: all.")
@format_option
@needs_database
def list_people(group: str | None, form: str) -> None:
    """List everyone in Asana, with their employment according to the directory."""
    demand(Action.READ)
    if group and group not in EmploymentGroup.values:
        raise WrongUse(f"There is no group {group}.", f"Groups: {', '.join(EmploymentGroup.values)}.")
    people = records(people_with_group(datetime.now(UTC).date(), group or "").order_by("name", "pk"))
    if form == "json":
        print_json_array(people)
    elif form == "csv":
        print_csv(COLUMNS, people)
    else:
        headings = {
            "name": "Name",
            "email": "E-mail",
            "group": "Group",
            "last_day": "Last day",
            "left_on": "Left on",
            "source": "Source",
            "connection": "Connection",
        }
        print_table(
            headings, people, "Nobody yet. Connect Asana, then: usher directory import FILE --source NAME."
        )
