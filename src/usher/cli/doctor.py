"""`usher doctor`: is everything in order, and what to do where it is not."""

import click

from usher.cli.runtime import Failed, database


@click.command()
def doctor() -> None:
    """Check settings, data folder, database, keys, worker and the way to Asana."""
    from rich.console import Console

    from usher.cli.connections import MARKS

    console = Console(highlight=False, soft_wrap=True)
    with database():
        from usher.connections.doctor import examine

        findings = examine()
    for finding in findings:
        console.print(f" {MARKS[finding.outcome]} {finding.label}")
        console.print(f"   {finding.detail}", style="dim", markup=False)
        if finding.remedy:
            console.print(f"   → {finding.remedy}", markup=False)
    if any(finding.outcome == "failed" for finding in findings):
        raise Failed("Something is not in order; see above.")


COMMANDS = [doctor]
