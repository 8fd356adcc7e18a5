"""`usher events`: the audit log, for programs and spreadsheets."""

from datetime import date, datetime

import click

from usher.activity.events.export import EVENT_COLUMNS, event_rows, raw_events
from usher.activity.events.search import EventSearch
from usher.cli.elsewhere.asked import elsewhere
from usher.cli.errors import WrongUse
from usher.cli.lookup import chosen_connections
from usher.cli.options import DAY
from usher.cli.output import print_csv, print_json_text
from usher.cli.runtime import needs_database
from usher.streams.reading.encoding import Origins, event_messages


@click.command()
@click.argument("connection", required=False)
@click.option("--since", type=DAY, help="First day (UTC).")
@click.option("--until", type=DAY, help="Last day (UTC).")
@click.option("--category", help="Such as logins.")
@click.option("--type", "event_type", help="Such as user_login_succeeded.")
@click.option("--person", help="E-mail address or gid of the person who acted or was affected.")
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "ocsf", "csv"]), default="jsonl", show_default=True
)
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

    As Asana sent them (jsonl), as OCSF 1.5, one JSON object a line (ocsf), or in columns (csv).
    """
    if since and until and until < since:
        raise click.UsageError("--until is before --since.")
    there = elsewhere()
    if there:
        if form == "ocsf":
            raise WrongUse("--format ocsf works on the machine that runs Usher.", "With --url: jsonl or csv.")
        given = {
            "since": since and since.date().isoformat(),
            "until": until and until.date().isoformat(),
            "category": category,
            "type": event_type,
            "person": person,
        }
        asked = {**there.connection(connection), **{name: value for name, value in given.items() if value}}
        if form == "jsonl":
            for line in there.lines("events/raw", asked):
                print_json_text(line)
        else:
            print_csv(EVENT_COLUMNS, there.items("events", asked))
        return
    search = EventSearch(
        connections=[one.pk for one in chosen_connections(connection)],
        since=_day(since),
        until=_day(until),
        category=category or "",
        event_type=event_type or "",
        person=person or "",
    )
    if form == "jsonl":
        for raw in raw_events(search):
            print_json_text(raw)
    elif form == "ocsf":
        for message in event_messages(search.walk(newest_first=False), form, Origins()):
            print_json_text(message.line.decode())
    else:
        print_csv(EVENT_COLUMNS, event_rows(search))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
