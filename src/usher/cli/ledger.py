"""`usher ledger`: verify the record of changes, and export it."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import click

from usher.access.roles import Action
from usher.cli.errors import Failed
from usher.cli.identity import demand
from usher.cli.options import DAY
from usher.cli.runtime import needs_database
from usher.ledger.search import LedgerSearch
from usher.ledger.verify import ExpectedHead, Verification


@click.group()
def ledger() -> None:
    """Verify or export the ledger.

    The ledger records everything that changed Asana, access or settings: who, when and why.
    """


@ledger.command()
@click.option(
    "--expect",
    metavar="NUMBER:HASH",
    help="A head that you noted earlier: the ledger must still contain that entry.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@needs_database
def verify(expect: str | None, form: str) -> None:
    """Check that no entry was changed, removed or inserted after it was written."""
    demand(Action.READ)
    try:
        noted = ExpectedHead.read(expect) if expect else None
    except ValueError as error:
        raise click.UsageError(f"--expect: {error}") from error
    verification = Verification(noted)
    count = 0
    for count, problem in enumerate(verification.problems(), 1):  # noqa: B007 # printed at the end
        if form == "json":
            click.echo(
                json.dumps(
                    {"kind": problem.kind, "number": problem.number, "message": problem.message},
                    ensure_ascii=False,
                )
            )
        else:
            click.echo(problem.message)
    if count:
        raise Failed(
            f"The ledger is not as it was written: {count:,} {'problem' if count == 1 else 'problems'}.",
            "Compare it with a backup or an earlier export, and find out who had the database's owner role.",
        )
    head = f"{verification.number}:{verification.hash}"
    if form == "json":
        click.echo(json.dumps({"entries": verification.count, "head": head if verification.count else None}))
    elif not verification.count:
        click.echo("The ledger is empty.")
    else:
        click.echo(
            f"The ledger is intact: {verification.count:,} entries, until {verification.until:%Y-%m-%d %H:%M} UTC."
        )
        click.echo(f"Head: {head}")


@ledger.command()
@click.option("--since", type=DAY, help="First day (UTC).")
@click.option("--until", type=DAY, help="Last day (UTC).")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
@needs_database
def export(since: datetime | None, until: datetime | None, output: Path | None) -> None:
    """Export the entries as JSON Lines, oldest first."""
    demand(Action.READ)
    if since and until and until < since:
        raise click.UsageError("--until is before --since.")
    search = LedgerSearch(
        since=since.date() if since else None, until=until.date() if until else None, zone=UTC
    )
    if output is None:
        _write(search.lines(), sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8") as file:
            count = _write(search.lines(), file)
    except OSError as error:
        raise Failed(f"{output} cannot be written: {error.strerror}.") from error
    click.echo(f"{count:,} entries written to {output}.")


def _write(lines: Iterator[str], file: IO[str]) -> int:
    count = 0
    for line in lines:
        file.write(line)
        count += 1
    return count
