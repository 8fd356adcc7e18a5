"""`usher directory`: who works here, from a file, and what that says of the people in Asana."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from django.db import transaction

from usher.access.roles import Action
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import demand
from usher.cli.output import print_csv, print_json_array, print_table
from usher.cli.runtime import needs_database
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.problems import UnreadableFile
from usher.directory import sources
from usher.directory.employment.status import Group
from usher.directory.export import COLUMNS, people_with_group, records
from usher.directory.imports.columns import Field
from usher.directory.imports.importing import FileAsks, Preview, TooManyWouldLeave, apply, preview
from usher.directory.imports.read import Form, form_of_file
from usher.directory.imports.statuses import STATUS_CHOICE, Meaning
from usher.directory.models import Source
from usher.ledger.actors import Actor

STEPS = {
    "joined": "join",
    "leaving": "are leaving",
    "left": "have left",
    "unlisted": "are listed no more: they left",
    "returned": "come back",
    "changed": "change otherwise",
}
SHOWN = 5


@click.group()
def directory() -> None:
    """Who works here: employees, and the people in Asana who they are."""


@directory.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", "source_name", required=True, metavar="NAME", help="Made where it is new.")
@click.option(
    "--map", "maps", multiple=True, metavar="FIELD=COLUMN", help="Which column holds what: email=Login."
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="WORD=MEANING",
    help="What a status means: here, left or leave_out.",
)
@click.option(
    "--date-order",
    type=click.Choice(["mdy", "dmy"]),
    help="How 03/04/2026 is meant, where the file does not tell.",
)
@click.option("--accept-drop", is_flag=True, help="So many have really left, though it is more than a tenth.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@needs_database
def import_file(
    file: Path,
    source_name: str,
    maps: tuple[str, ...],
    statuses: tuple[str, ...],
    date_order: str | None,
    *,
    accept_drop: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take in a CSV file that lists all employees of a source. Who is in it no more has left."""

    actor = demand(Action.IMPORT_DIRECTORY)
    chosen = _chosen(maps, statuses)
    content = file.read_bytes()
    try:
        with transaction.atomic():
            source = _source(source_name, actor)
            form = _form(content, source.mapping | chosen, date_order)
            is_applied = _look_and_apply(
                source, content, form, actor, file.name, accept_drop=accept_drop, dry_run=dry_run, yes=yes
            )
            if not is_applied:
                transaction.set_rollback(True)
    except UnreadableFile as error:
        raise _failed(file, error) from error


def _look_and_apply(
    source: "Source",
    content: bytes,
    form: "Form",
    actor: "Actor",
    file_name: str,
    *,
    accept_drop: bool,
    dry_run: bool,
    yes: bool,
) -> bool:

    seen_at = datetime.now(UTC)
    seen = preview(source, content, form, seen_at)
    _show(seen)
    if form.asks:
        question = FileAsks(form)
        how = "--date-order mdy or dmy" if form.unclear_date else "--status WORD=here, =left or =leave_out"
        raise Failed(question.message, f"{question.remedy} ({how}). Nothing was changed.")
    if dry_run:
        click.echo("\nNothing was changed.")
        return False
    if seen.asks_about_drop and not accept_drop:
        drop = TooManyWouldLeave(seen.tally)
        raise Failed(
            drop.message, "Is the file whole, and of this source? If they really left: --accept-drop."
        )
    if not yes and sys.stdin.isatty() and seen.tally.changes:
        click.confirm("\nApply?", abort=True)
    apply(source, content, form, actor, file_name, seen_at, accepted_drops=seen.tally.drops)
    click.echo(f"\nThe file counts now for “{source.name}”.")
    return True


def _source(name: str, actor: "Actor") -> "Source":

    source = Source.objects.filter(name__iexact=name).first()
    if source is None:
        return sources.add(actor, name)
    if source.kind != Source.Kind.CSV:
        raise Failed(
            f"“{source.name}” is fed by {source.get_kind_display()}: a file would contradict it.",
            "Give another name with --source.",
        )
    return source


def _form(content: bytes, chosen: dict[str, str], date_order: str | None) -> "Form":

    form = form_of_file(content, chosen, DateOrder(date_order) if date_order else None)
    missing = [
        column
        for name, column in chosen.items()
        if name in form.columns and column not in ("", *form.headers)
    ]
    if missing:
        click.echo(f"The file has no column {', '.join(missing)}; others were taken.", err=True)
    return form


def _chosen(maps: tuple[str, ...], statuses: tuple[str, ...]) -> dict[str, str]:

    chosen = {}
    for given in maps:
        name, equals, column = given.partition("=")
        if not equals or name not in set(Field):
            raise WrongUse(f"--map {given} is not FIELD=COLUMN.", f"Fields: {', '.join(Field)}.")
        chosen[name] = column
    for given in statuses:
        word, equals, meaning = given.rpartition("=")
        if not equals or meaning not in set(Meaning):
            raise WrongUse(f"--status {given} is not WORD=MEANING.", f"Meanings: {', '.join(Meaning)}.")
        chosen[f"{STATUS_CHOICE}{word.casefold()}"] = meaning
    return chosen


def _show(seen: "Preview") -> None:
    click.echo(f"Rows: {seen.tally.rows:,}")
    for field in seen.form.columns:
        click.echo(f"  {field.label + ':':<23}{seen.form.columns[field]}")
    for kind, words in STEPS.items():
        count = seen.count(kind)
        if count:
            click.echo(f"{count:,} {words}")
            for step in seen.samples[kind][:SHOWN]:
                click.echo(
                    f"  {step.after.name or step.after.email or step.after.key} {_day(step.after.last_day)}"
                )
    if not seen.tally.changes:
        click.echo("Nothing changes.")
    if seen.seat_count:
        click.echo(f"With a seat in Asana, of those who leave or have left: {seen.seat_count:,}")
    if seen.tally.left_out_count:
        click.echo(f"Rows left out, whose employees stay as they are: {seen.tally.left_out_count:,}")
        for row in seen.tally.left_out[:SHOWN]:
            click.echo(f"  line {row.line}: {row.why}")


def _day(day: object) -> str:
    return f"(last day {day})" if day else ""


def _failed(file: Path, error: "UnreadableFile") -> Failed:
    remedies = "\n       ".join(dict.fromkeys(problem.remedy for problem in error.problems))
    return Failed(f"{file.name} cannot be imported. {error}", f"{remedies}\n       Nothing was changed.")


@directory.command("list")
@click.option("--group", help="employed, leaving, left, guest, service_account or unknown. Default: all.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@needs_database
def list_people(group: str | None, form: str) -> None:
    """Everybody in Asana, with what the directory says of them."""

    demand(Action.READ)
    if group and group not in Group.values:
        raise WrongUse(f"There is no group {group}.", f"Groups: {', '.join(Group.values)}.")
    found = records(people_with_group(datetime.now(UTC).date(), group or "").order_by("name", "pk"))
    if form == "json":
        print_json_array(found)
    elif form == "csv":
        print_csv(COLUMNS, found)
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
            headings, found, "Nobody yet. Connect Asana, then: usher directory import FILE --source NAME."
        )
