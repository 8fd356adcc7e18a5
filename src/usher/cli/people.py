"""`usher people`: everyone, as a table, JSON or CSV."""

from collections.abc import Generator
from contextlib import closing

import click

from usher.access.roles import Action
from usher.cli.elsewhere.asked import elsewhere
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.options import format_option
from usher.cli.output import Record, echo, print_csv, print_json_array, print_table
from usher.cli.runtime import needs_database
from usher.roster.export import COLUMNS, as_record
from usher.roster.query import memberships

HEADINGS = {
    "name": "Name",
    "email": "E-mail",
    "workspace": "Workspace",
    "role": "Role",
    "licence": "Licence",
    "status": "Status",
    "since": "Since",
    "until": "Until",
}
NOBODY = "Nobody yet. Connect an account and sync it: usher connect, usher sync."


@click.command()
@click.argument("connection", required=False, metavar="[CONNECTION]")
@format_option
@needs_database
def people(connection: str | None, form: str) -> None:
    """List who is in Asana.

    One row per membership: role, licence, status, and since when.
    """
    # Closed before the database, even when the reader of a pipe ends early.
    with closing(_records(connection)) as records:
        if form == "json":
            print_json_array(records)
        elif form == "csv":
            print_csv(COLUMNS, records)
        else:
            count = print_table(HEADINGS, (_with_days(record) for record in records), NOBODY)
            if count:
                echo(f"{count:,} memberships")


def _records(connection: str | None) -> "Generator[dict[str, str | None], None, None]":
    there = elsewhere()
    if there:
        for record in there.items("memberships", there.connection(connection)):
            yield {name: None if record[name] is None else str(record[name]) for name in COLUMNS}
        return
    demand(Action.READ)
    chosen = connection_named(connection) if connection else None
    rows = memberships(chosen).order_by("person__connection__name", "workspace__name", "person__name", "pk")
    yield from (as_record(row) for row in rows.iterator(chunk_size=2000))


def _with_days(record: "dict[str, str | None]") -> Record:
    """A table has room for the day, not for the moment."""
    return {**record, "since": (record["since"] or "")[:10], "until": (record["until"] or "")[:10]}
