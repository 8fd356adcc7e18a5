"""Commands about the usage of Asana: `usage`, `idle`, `events`, `coverage`."""

from datetime import date, datetime

import click

from usher.access.roles import Action
from usher.activity.events.export import EVENT_COLUMNS, event_rows, raw_events
from usher.activity.events.search import EventSearch
from usher.activity.sync_stage import today_of
from usher.activity.usage.compute import rebuild
from usher.activity.usage.export import (
    COVERAGE_COLUMNS,
    IDLE_COLUMNS,
    USAGE_COLUMNS,
    coverage_records,
    idle_records,
    usage_records,
    when_idleness_is_known,
)
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.options import DAY, format_option
from usher.cli.output import echo, print_csv, print_json_text, print_records
from usher.cli.runtime import needs_database
from usher.connections.models import Connection


def _chosen(name: str | None) -> list[Connection]:
    """The connections that a command reads. Raises NotAllowed if the actor may not read."""
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
@format_option
@needs_database
def usage(words: tuple[str, ...], days: int, until: datetime | None, form: str) -> None:
    """Show how much everyone uses Asana.

    Each figure has a confidence. `usher usage rebuild [CONNECTION]` computes all figures again from the stored
    events.
    """
    is_rebuild = words[:1] == ("rebuild",)
    names = words[1:] if is_rebuild else words
    if len(names) > 1:
        raise click.UsageError("Name one connection, or none for all.")
    chosen = _chosen(names[0] if names else None)
    if is_rebuild:
        _rebuild(chosen)
        return

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


def _rebuild(chosen: list[Connection]) -> None:
    demand(Action.SYNC)
    for connection in chosen:
        rebuild(connection, today_of(connection))
        echo(f"“{connection.name}”: all figures have been computed again.")


@click.command()
@click.argument("connection", required=False)
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="How many days without usage."
)
@click.option(
    "--grace",
    default=30,
    show_default=True,
    type=click.IntRange(0, 3660),
    help="How many days a new member does not count as idle.",
)
@format_option
@needs_database
def idle(connection: str | None, days: int, grace: int, form: str) -> None:
    """List seats that nobody has used.

    Only where usage data covers the whole window.
    """
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
        for sentence in when_idleness_is_known(one, days):
            echo(sentence, err=True)


@click.command()
@click.argument("connection", required=False)
@click.option("--since", type=DAY, help="First day (UTC).")
@click.option("--until", type=DAY, help="Last day (UTC).")
@click.option("--category", help="Such as logins.")
@click.option("--type", "event_type", help="Such as user_login_succeeded.")
@click.option("--person", help="E-mail address or gid of the person who acted or was affected.")
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
    """Print audit log events, oldest first.

    As Asana sent them (jsonl), or in columns (csv).
    """
    if since and until and until < since:
        raise click.UsageError("--until is before --since.")
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
            print_json_text(raw)
    else:
        print_csv(EVENT_COLUMNS, event_rows(search))


@click.command()
@click.argument("connection", required=False)
@format_option
@needs_database
def coverage(connection: str | None, form: str) -> None:
    """Show the time for which each source was read, and its gaps."""
    records = (record for one in _chosen(connection) for record in coverage_records(one))
    headings = {"workspace": "Workspace", "source": "Source", "from": "From", "to": "To", "gaps": "Gaps"}
    print_records(
        form,
        headings,
        records,
        COVERAGE_COLUMNS,
        "Nothing has been read yet: usage needs a service-account token.",
    )


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
