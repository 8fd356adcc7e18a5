"""`usher doctor`."""

import click
from rich.console import Console

from usher.cli.connections import MARKS
from usher.cli.errors import Failed
from usher.cli.runtime import database
from usher.connections.doctor import examine
from usher.directory.doctor import directory_findings


@click.command()
def doctor() -> None:
    """Check the installation.

    Checks settings, data folder, database, keys, worker, the connection to Asana and what identity providers push.
    For each problem it says what to do.
    """
    console = Console(highlight=False, soft_wrap=True)
    with database():
        findings = [*examine(), *directory_findings()]
    for finding in findings:
        console.print(f" {MARKS[finding.outcome]} {finding.label}")
        console.print(f"   {finding.detail}", style="dim", markup=False)
        if finding.remedy:
            console.print(f"   → {finding.remedy}", markup=False)
    if any(finding.outcome == "failed" for finding in findings):
        raise Failed("There are problems; see above.")
