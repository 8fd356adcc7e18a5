"""How commands print: sentences and tables for people, JSON and CSV for programs.

Names, titles and messages come from elsewhere. Whatever they contain, a terminal prints it and obeys none of it.
"""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from shutil import get_terminal_size

import click

from usher.platform.printable import printable, printable_json
from usher.spreadsheet_cells import safe_cell

Record = Mapping[str, object]
MARKS: dict[str, tuple[str, str]] = {
    "passed": ("✓", "green"),
    "warned": ("!", "yellow"),
    "failed": ("✗", "red"),
    "skipped": ("–", "bright_black"),
}
"""Of the outcome of a check, and its colour."""
WIDTH_OF_A_PIPE = 250


def echo(*lines: str, err: bool = False, fg: str | None = None, bold: bool | None = None) -> None:
    """Prints each argument on one line: a line break within it is data, and is written as \\n."""
    click.secho("\n".join(map(printable, lines)), err=err, fg=fg, bold=bold)


def print_progress(line: str) -> None:
    """In place of the line before, on a terminal. What is printed next stands in its place."""
    sys.stderr.write(f"\r\033[K  {printable(line)}\r")
    sys.stderr.flush()


def print_check(outcome: str, label: str, detail: str, remedy: str) -> None:
    """What a check found, and what to do about it. `outcome` is one of MARKS."""
    mark, color = MARKS[outcome]
    click.echo(f" {click.style(mark, fg=color)} {printable(label)}")
    for line in detail.splitlines():
        click.secho(f"   {printable(line)}", dim=True)
    for number, line in enumerate(remedy.splitlines()):
        click.echo(f"   {' ' if number else '→'} {printable(line)}")


def print_json(document: object, *, indent: int | None = None) -> None:
    print_json_text(json.dumps(document, ensure_ascii=False, indent=indent))


def print_json_text(document: str) -> None:
    """A document that is JSON already."""
    click.echo(printable_json(document))


def print_json_array(records: Iterable[Record]) -> None:
    """One object per line, in one array. The records are never all in memory."""
    separator = "["
    for record in records:
        click.echo(separator + printable_json(json.dumps(dict(record), ensure_ascii=False)), nl=False)
        separator = ",\n "
    click.echo("[]" if separator == "[" else "]")


def print_csv(columns: Sequence[str], records: Iterable[Record]) -> None:
    """Cells are escaped so that no spreadsheet reads one as a formula. Otherwise they keep every character."""
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
    rows = [[printable(_cell(record[key])) for key in columns] for record in records]
    if not rows:
        echo(empty)
        return 0
    # A pipe has no width, and programs that read it expect one line per row.
    width = get_terminal_size().columns if sys.stdout.isatty() else WIDTH_OF_A_PIPE
    if not _print_unfolded(list(columns.values()), rows, width):
        _print_folded(list(columns.values()), rows, width)
    return len(rows)


def _print_unfolded(headings: list[str], rows: list[list[str]], width: int) -> bool:
    """Prints the table if each row fits on one line: as Rich would, which takes 1.5 ms of CPU for each row."""
    from rich.cells import cell_len  # here, since most commands print no table

    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) > width:
        return False
    lines = [
        "  ".join(text + " " * (room - cell_len(text)) for text, room in zip(row, widths, strict=True))
        for row in [headings, *rows]
    ]
    click.secho(lines[0], bold=True)
    click.echo("\n".join(lines[1:]))
    return True


def _print_folded(headings: list[str], rows: list[list[str]], width: int) -> None:
    """Prints a table that is too wide for its place: long cells take several lines."""
    from rich.console import Console  # here, since most commands print no table, and most tables fit
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False, emoji=False, width=width).print(table)


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
