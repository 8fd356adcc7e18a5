"""Commands that tell who really uses Asana: `usage`, `idle`, `events`, `coverage`."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.output import print_csv, print_records
from usher.cli.runtime import needs_database

if TYPE_CHECKING:
    from usher.connections.models import Connection

FORMATS = click.Choice(["table", "json", "csv"])


class Day(click.DateTime):
    """A day that can be: a year such as 0216 or 20216 is a slip of the keyboard."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        moment: datetime = super().convert(value, param, ctx)
        if not 1970 <= moment.year <= 2200:
            self.fail(f"{value} is not a day between 1970 and 2200.", param, ctx)
        return moment


DAY = Day()


def _chosen(name: str | None) -> "list[Connection]":
    """What a command reads, by whoever may read."""
    from usher.access.roles import Action
    from usher.connections.models import Connection

    demand(Action.READ)
    return [connection_named(name)] if name else list(Connection.objects.all())


@click.command()
@click.argument("words", nargs=-1, metavar="[rebuild] [CONNECTION]")
@click.option(
    "--days", default=30, show_default=True, type=click.IntRange(1, 3660), help="Length of the window."
)
@click.option(
    "--until", type=DAY, help="Last day of the window, in the connection's time zone. Default: today."
)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
@needs_database
def usage(words: tuple[str, ...], days: int, until: datetime | None, form: str) -> None:
    """How much everyone uses Asana, and how far that can be trusted.

    `usher usage rebuild [CONNECTION]` computes all figures anew from the stored events.
    """
    is_rebuild = words[:1] == ("rebuild",)
    names = words[1:] if is_rebuild else words
    if len(names) > 1:
        raise click.UsageError("Give one connection, or none for all.")
    chosen = _chosen(names[0] if names else None)
    if is_rebuild:
        _rebuild(chosen)
        return
    from usher.activity.export import USAGE_COLUMNS, usage_records

    records = (
        record
        for connection in chosen
        for record in usage_records(connection, days, until.date() if until else None)
    )
    headings = {
        "email": "E-mail",
        "active_days": "Days",
        "sessions": "Sessions",
        "average_usage_minutes": "Avg. minutes",
        "last_used": "Last used",
        "last_used_source": "Source",
        "confidence": "Confidence",
    }
    print_records(form, headings, records, USAGE_COLUMNS, "Nobody yet. Sync a connection: usher sync NAME.")


def _rebuild(chosen: "list[Connection]") -> None:
    from usher.access.roles import Action
    from usher.activity.sync_stage import today_of
    from usher.activity.usage.compute import rebuild

    demand(Action.SYNC)
    for connection in chosen:
        rebuild(connection, today_of(connection))
        click.echo(f"“{connection.name}”: all figures are computed anew.")


@click.command()
@click.argument("connection", required=False)
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="Without use for so long."
)
@click.option(
    "--grace",
    default=30,
    show_default=True,
    type=click.IntRange(0, 3660),
    help="Days that a new member is left alone.",
)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
@needs_database
def idle(connection: str | None, days: int, grace: int, form: str) -> None:
    """List seats that were not used, where that is known for the whole time."""
    from usher.activity.export import IDLE_COLUMNS, idle_records, not_known_yet

    chosen = _chosen(connection)
    records = (record for one in chosen for record in idle_records(one, days, grace))
    headings = {
        "email": "E-mail",
        "workspace": "Workspace",
        "role": "Role",
        "last_used": "Last used",
        "last_used_source": "Source",
        "confidence": "Confidence",
    }
    print_records(form, headings, records, IDLE_COLUMNS, "No idle seat is known.")
    for one in chosen:
        for sentence in not_known_yet(one, days):
            click.echo(sentence, err=True)


@click.command()
@click.argument("connection", required=False)
@click.option("--since", type=DAY, help="First day (UTC).")
@click.option("--until", type=DAY, help="Last day (UTC).")
@click.option("--category", help="Such as logins.")
@click.option("--type", "event_type", help="Such as user_login_succeeded.")
@click.option("--person", help="E-mail or GID of who acted or was acted upon.")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@needs_database
def events(
    connection: str | None,
    since: datetime | None,
    until: datetime | None,
    category: str | None,
    event_type: str | None,
    person: str | None,
    form: str,
) -> None:
    """Print audit log events, oldest first, as Asana sent them (jsonl) or in columns (csv)."""
    from usher.activity.events.search import EventSearch
    from usher.activity.export import EVENT_COLUMNS, event_rows, raw_events

    if since and until and until < since:
        raise click.UsageError("--until lies before --since.")
    search = EventSearch(
        connections=[one.pk for one in _chosen(connection)],
        since=_day(since),
        until=_day(until),
        category=category or "",
        event_type=event_type or "",
        person=person or "",
    )
    if form == "jsonl":
        for raw in raw_events(search):
            click.echo(raw)
    else:
        print_csv(EVENT_COLUMNS, event_rows(search))


@click.command()
@click.argument("connection", required=False)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
@needs_database
def coverage(connection: str | None, form: str) -> None:
    """For which time each source was read, and where there are gaps."""
    from usher.activity.export import COVERAGE_COLUMNS, coverage_records

    records = (record for one in _chosen(connection) for record in coverage_records(one))
    headings = {"workspace": "Workspace", "source": "Source", "from": "From", "to": "To", "gaps": "Gaps"}
    print_records(
        form,
        headings,
        records,
        COVERAGE_COLUMNS,
        "Nothing has been read yet: it needs a service-account token.",
    )


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


COMMANDS = [usage, idle, events, coverage]
