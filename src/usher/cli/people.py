"""`usher people`: everyone, as a table, JSON or CSV."""

import csv
import json
import sys
from collections.abc import Iterable
from contextlib import closing

import click

from usher.cli.choose import connection_named
from usher.cli.environment import needs_database


@click.command()
@click.argument("connection", required=False, metavar="[CONNECTION]")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@needs_database
def people(connection: str | None, form: str) -> None:
    """List who is in Asana: role, licence, status, since when."""
    from usher.roster.export import COLUMNS, as_record, safe_cell
    from usher.roster.query import memberships

    chosen = connection_named(connection) if connection else None
    rows = memberships(chosen).order_by("person__connection__name", "workspace__name", "person__name", "pk")
    # Closed before the database is, also when the reader of a pipe goes away in the middle.
    with closing(as_record(row) for row in rows.iterator(chunk_size=2000)) as records:
        if form == "json":
            _print_json(records)
        elif form == "csv":
            writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: safe_cell(value) for name, value in record.items()} for record in records)
        else:
            _print_table(list(records))


def _print_json(records: Iterable[dict[str, str | None]]) -> None:
    """One object a line, in one array: whole JSON, and never all of it in memory."""
    separator = "["
    for record in records:
        click.echo(separator + json.dumps(record, ensure_ascii=False), nl=False)
        separator = ",\n "
    click.echo("[]" if separator == "[" else "]")


def _print_table(records: "list[dict[str, str | None]]") -> None:
    from rich.console import Console
    from rich.table import Table

    if not records:
        click.echo("Nobody yet. Connect an account and sync it: usher connect, usher sync.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("Name", "E-mail", "Workspace", "Role", "Licence", "Status", "Since", "Until"):
        table.add_column(heading, overflow="fold")
    for record in records:
        table.add_row(
            *(str(record[key] or "") for key in ("name", "email", "workspace", "role", "licence", "status")),
            (record["since"] or "")[:10],
            (record["until"] or "")[:10],
        )
    # A pipe has no width: what follows wants one line a row.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 250).print(table)
    click.echo(f"{len(records):,} memberships")


COMMANDS = [people]
