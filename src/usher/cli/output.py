"""How commands print rows: tables for people, JSON and CSV for programs."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence

import click

Record = Mapping[str, object]


def print_json_array(records: Iterable[Record]) -> None:
    """One object a line, in one array: whole JSON, and never all of it in memory."""
    separator = "["
    for record in records:
        click.echo(separator + json.dumps(dict(record), ensure_ascii=False), nl=False)
        separator = ",\n "
    click.echo("[]" if separator == "[" else "]")


def print_csv(columns: Sequence[str], records: Iterable[Record]) -> None:
    """Cells are safe against being taken for formulas."""
    from usher.web.csv_export import safe_cell

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([safe_cell(_cell(record[name])) for name in columns])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(_cell, value))
    # Of what there is to print, only a span of time is a mapping: ISO 8601 writes it as an interval.
    return "/".join(map(_cell, value.values())) if isinstance(value, dict) else str(value)


def print_table(columns: dict[str, str], records: Iterable[Record], empty: str) -> int:
    """`columns` maps keys of a record to headings. Returns how many rows there were."""
    from rich.console import Console
    from rich.table import Table

    rows = list(records)
    if not rows:
        click.echo(empty)
        return 0
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for record in rows:
        table.add_row(*(_cell(record[key]) for key in columns))
    # A pipe has no width: what follows wants one line a row.
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
