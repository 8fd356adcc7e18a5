"""`usher ledger`: verify the record of changes, and export it."""

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
from usher.cli.output import echo, print_json
from usher.cli.runtime import needs_database
from usher.ledger.noted import noted_here
from usher.ledger.search import LedgerSearch
from usher.ledger.verify import ExpectedHead, Verification
from usher.platform.printable import printable_json


@click.group()
def ledger() -> None:
    """Verify or export the ledger.

    The ledger records everything that changed Asana, access or settings: who, when and why.
    """


@ledger.command()
@click.option(
    "--head",
    "--expect",
    "heads",
    multiple=True,
    metavar="NUMBER:HASH",
    help="A head that you noted earlier: the ledger must still contain that entry. Can be repeated.",
)
@click.option(
    "--heads-file",
    type=click.File(encoding="utf-8", errors="replace"),
    help="A text with noted heads in it, such as a log or e-mails; - is standard input.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@needs_database
def verify(heads: tuple[str, ...], heads_file: IO[str] | None, form: str) -> None:
    """Check that no entry was changed, removed or inserted after it was written.

    It is also compared with what this machine's data folder has noted, and with the heads that you give.
    """
    demand(Action.READ, of_all_connections=True)
    try:
        expected = [ExpectedHead.read(head) for head in heads]
    except ValueError as error:
        raise click.UsageError(f"--head: {error}") from error
    if heads_file is not None:
        found = ExpectedHead.find_all(heads_file)
        if not found:
            raise click.UsageError("--heads-file: there is no head in it. It looks like 1234:5f2a…")
        expected += found
    noted = [ExpectedHead(entry.number, entry.hash) for entry in noted_here() if entry.number]
    verification = Verification(*expected, *noted)
    count = 0
    for count, problem in enumerate(verification.problems(), 1):  # noqa: B007 # printed at the end
        if form == "json":
            print_json({"kind": problem.kind, "number": problem.number, "message": problem.message})
        else:
            echo(problem.message)
    if count:
        if form == "text" and verification.difference:
            echo(verification.difference)
        raise Failed(
            f"The ledger is not as it was written: {count:,} {'problem' if count == 1 else 'problems'}.",
            "Was the database restored? Compare it with a backup or an earlier export, and find out who had the "
            "database's owner role.",
        )
    head = f"{verification.number}:{verification.hash}"
    if form == "json":
        print_json({"entries": verification.count, "head": head if verification.count else None})
    elif not verification.count:
        echo("The ledger is empty.")
    else:
        echo(
            f"The ledger is intact: {verification.count:,} entries, until {verification.until:%Y-%m-%d %H:%M} UTC."
        )
        echo(f"Head: {head}")
        if expected:
            echo(f"It contains all {len(expected):,} heads that you noted.")


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
        _write(map(printable_json, search.lines()), sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8") as file:
            count = _write(search.lines(), file)
    except OSError as error:
        raise Failed(f"{output} cannot be written: {error.strerror}.") from error
    echo(f"{count:,} entries written to {output}.")


def _write(lines: Iterator[str], file: IO[str]) -> int:
    count = 0
    for line in lines:
        file.write(line)
        count += 1
    return count
