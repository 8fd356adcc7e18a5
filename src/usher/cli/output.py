"""How commands print rows: tables for people, JSON and CSV for programs."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence

import click
from rich.console import Console
from rich.table import Table

from usher.web.csv_export import safe_cell

Record = Mapping[str, object]


def print_json_array(records: Iterable[Record]) -> None:
    """One object per line, in one array. The records are never all in memory."""
    separator = "["
    for record in records:
        click.echo(separator + json.dumps(dict(record), ensure_ascii=False), nl=False)
        separator = ",\n "
    click.echo("[]" if separator == "[" else "]")


def print_csv(columns: Sequence[str], records: Iterable[Record]) -> None:
    """Cells are escaped so that no spreadsheet reads one as a formula."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([safe_cell(_cell(record[name])) for name in columns])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(_cell, value))
    # The only mapping among the values is a span of time: ISO 8601 writes it as an interval.
    return "/".join(map(_cell, value.values())) if isinstance(value, dict) else str(value)


def print_table(columns: dict[str, str], records: Iterable[Record], empty: str) -> int:
    """`columns` maps keys of a record to headings. Returns how many rows there were."""
    rows = list(records)
    if not rows:
        click.echo(empty)
        return 0
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for record in rows:
        table.add_row(*(_cell(record[key]) for key in columns))
    # A pipe has no width, and programs that read it expect one line per row.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 250).print(table)
    return len(rows)


def print_records(
    form: str, columns: dict[str, str], records: Iterable[Record], keys: Sequence[str], empty: str
) -> None:
    """As `form` asks: json, csv with the columns of `keys`, or a table with the headings of `columns`."""
    if form == "json":
        print_json_array(records)
    elif form == "csv":
        print_csv(keys, records)
    else:
        print_table(columns, records, empty)
