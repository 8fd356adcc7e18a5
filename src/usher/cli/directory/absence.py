"""`usher directory unlisted`, `has-left`, `still-here` and `source`: who is missing from lists, and what that means."""

from datetime import UTC, datetime

import click
from django.db.models import QuerySet

from usher.access.roles import Action
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import demand
from usher.cli.options import format_option
from usher.cli.output import echo, print_records
from usher.cli.runtime import needs_database
from usher.directory import sources
from usher.directory.employees.absence import no_longer_listed, they_are_still_here, they_have_left
from usher.directory.models import Employee, Source
from usher.web.csv_export import iso

HEADINGS = {"source": "Source", "id": "ID", "name": "Name", "email": "E-mail", "since": "Not listed since"}

source_option = click.option(
    "--source", "source_name", metavar="NAME", help="Only employees of this source. Default: of all."
)
everyone_option = click.option(
    "--all", "of_all", type=click.IntRange(min=1), metavar="N", help="All of them, who must be N."
)


@click.command()
@source_option
@format_option
@needs_database
def unlisted(source_name: str | None, form: str) -> None:
    """List employees who are no longer listed, and of whom nobody has said whether they left."""
    demand(Action.READ)
    rows = (
        {
            "source": each.source.name,
            "id": each.key,
            "name": each.name,
            "email": each.email,
            "since": iso(each.ended_at),
        }
        for each in _unlisted(source_name).iterator(chunk_size=2_000)
    )
    print_records(form, HEADINGS, rows, list(HEADINGS), "Nobody is missing from the list of their source.")


@click.command("has-left")
@click.argument("employees", nargs=-1, metavar="[ID OR E-MAIL]…")
@source_option
@everyone_option
@needs_database
def has_left(employees: tuple[str, ...], source_name: str | None, of_all: int | None) -> None:
    """Say that employees who are no longer listed have left. They become leavers."""
    actor = demand(Action.IMPORT_DIRECTORY)
    count = they_have_left(actor, _chosen(employees, source_name, of_all), datetime.now(UTC))
    echo(f"{count:,} have left.")


@click.command("still-here")
@click.argument("employees", nargs=-1, metavar="[ID OR E-MAIL]…")
@source_option
@everyone_option
@needs_database
def still_here(employees: tuple[str, ...], source_name: str | None, of_all: int | None) -> None:
    """Say that employees who are no longer listed work here, until a list says otherwise."""
    actor = demand(Action.IMPORT_DIRECTORY)
    count = they_are_still_here(actor, _chosen(employees, source_name, of_all), datetime.now(UTC))
    echo(f"{count:,} still work here.")


@click.command("source")
@click.argument("name")
@click.option(
    "--absence",
    type=click.Choice(Source.Absence.values),
    help="What it means to be missing from its lists: ask, they have left, or nothing (ignore).",
)
@click.option(
    "--lists",
    type=click.Choice(["everybody", "part"]),
    help="Whether its lists hold everybody who works here, or a part of them.",
)
@needs_database
def set_source(name: str, absence: str | None, lists: str | None) -> None:
    """Show or change what it means that a list of a source lacks somebody."""
    actor = demand(Action.SETTINGS if absence or lists else Action.READ)
    source = _source(name)
    if absence or lists:
        everyone = source.lists_everyone if lists is None else lists == "everybody"
        settings = sources.SourceSettings(
            source.name, source.rank, Source.Absence(absence or source.absence), everyone
        )
        sources.change(actor, source, settings)
        source.refresh_from_db()
    holds = {True: "everybody", False: "a part", None: "nobody has said"}[source.lists_everyone]
    echo(f"“{source.name}”: who is missing: {source.get_absence_display()}. Its lists hold: {holds}.")


def _unlisted(source_name: str | None) -> QuerySet[Employee]:
    rows = no_longer_listed(datetime.now(UTC).date())
    return rows.filter(source=_source(source_name)) if source_name else rows


def _chosen(employees: tuple[str, ...], source_name: str | None, of_all: int | None) -> list[int]:
    rows = _unlisted(source_name)
    if of_all is not None:
        pks = list(rows.values_list("pk", flat=True))
        if len(pks) != of_all:
            raise Failed(
                f"{len(pks):,} are no longer listed, not {of_all:,}. Nothing was changed.",
                "Look again: usher directory unlisted",
            )
        return pks
    if not employees:
        raise WrongUse("Say who: by ID or e-mail, or --all N.", "See usher directory unlisted.")
    chosen = []
    for text in employees:
        found = [*rows.filter(key=text)] or [*rows.filter(email__iexact=text)]
        if len(found) != 1:
            raise Failed(
                f"{len(found)} employees who are no longer listed have the ID or e-mail “{text}”."
                " Nothing was changed.",
                "See usher directory unlisted. With --source, only one source is searched.",
            )
        chosen.append(found[0].pk)
    return chosen


def _source(name: str) -> Source:
    source = Source.objects.filter(name__iexact=name).first()
    if source is None:
        names = ", ".join(f"“{each}”" for each in Source.objects.values_list("name", flat=True))
        raise WrongUse(f"There is no source “{name}”.", f"There are: {names or 'none'}.")
    return source
