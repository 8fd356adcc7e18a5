"""Commands about the usage of Asana: `usage`, `idle`, `coverage`."""

from collections.abc import Iterable
from datetime import datetime

import click

from usher.access.roles import Action
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
from usher.activity.usage.figures import today_of
from usher.cli.elsewhere.asked import Parameters, elsewhere, refuse_here
from usher.cli.identity import demand
from usher.cli.lookup import chosen_connections
from usher.cli.options import DAY, format_option
from usher.cli.output import Record, echo, print_records
from usher.cli.runtime import needs_database
from usher.connections.models import Connection


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
    name, last_day = names[0] if names else None, until.date() if until else None
    there = elsewhere()
    records: Iterable[Record]
    if there:
        if is_rebuild:
            refuse_here("usage rebuild")
        until_day: Parameters = {"until": last_day.isoformat()} if last_day else {}
        records = there.items("usage", {**there.connection(name), **until_day, "days": days})
    else:
        chosen = chosen_connections(name)
        if is_rebuild:
            _rebuild(chosen)
            return
        records = (record for one in chosen for record in usage_records(one, days, last_day))
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
    there = elsewhere()
    chosen = [] if there else chosen_connections(connection)
    records: Iterable[Record] = (record for one in chosen for record in idle_records(one, days, grace))
    if there:
        records = there.items("idle", {**there.connection(connection), "days": days, "grace": grace})
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
@format_option
@needs_database
def coverage(connection: str | None, form: str) -> None:
    """Show for which time each source was read, and gaps."""
    there = elsewhere()
    records: Iterable[Record]
    if there:
        found = there.items("coverage", there.connection(connection))
        spans = ({**record, "from": record["since"], "to": record["until"]} for record in found)
        records = ({name: record[name] for name in COVERAGE_COLUMNS} for record in spans)
    else:
        records = (record for one in chosen_connections(connection) for record in coverage_records(one))
    headings = {"workspace": "Workspace", "source": "Source", "from": "From", "to": "To", "gaps": "Gaps"}
    print_records(
        form,
        headings,
        records,
        COVERAGE_COLUMNS,
        "Nothing has been read yet: usage needs a service-account token.",
    )
