"""`usher export`: tables for a data warehouse."""

from pathlib import Path

import click

from usher.cli.lookup import chosen_connections
from usher.cli.output import echo
from usher.cli.runtime import needs_database
from usher.warehouse.parquet import export_tables


@click.command()
@click.argument("connection", required=False)
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that gets people.parquet, memberships.parquet, days_of_use.parquet and cases.parquet.",
)
@needs_database
def export(connection: str | None, folder: Path) -> None:
    """Write tables for a data warehouse, as Parquet.

    They are people, memberships, days of use and cases. Files that are there are replaced. It needs pyarrow:
    pip install 'usher-seats[warehouse]'.
    """
    chosen = [one.pk for one in chosen_connections(connection)]
    for path, rows in export_tables(folder, chosen):
        echo(f"{path}: {rows:,} rows")
