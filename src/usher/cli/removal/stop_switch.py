"""`usher stop-removals` and `usher resume-removals`."""

import click

from usher.access.roles import Action
from usher.cli.identity import demand
from usher.cli.options import bounded_text
from usher.cli.runtime import needs_database
from usher.removal.guardrails import settings


@click.command("stop-removals")
@click.option(
    "--reason", default="", callback=bounded_text, help="Shown to everyone on the pages of removals."
)
@needs_database
def stop_removals(reason: str) -> None:
    """Stop all removals at once.

    No case starts, and a case in progress stops before its next step.
    """
    if settings.stop_removals(demand(Action.STOP_REMOVALS), reason):
        click.echo("All removals are stopped. To allow them again: usher resume-removals")
    else:
        click.echo("Removals are already stopped.")


@click.command("resume-removals")
@click.option("--reason", default="", callback=bounded_text, help="Kept in the ledger.")
@needs_database
def resume_removals(reason: str) -> None:
    """Allow removals again."""
    if settings.resume_removals(demand(Action.RESUME_REMOVALS), reason):
        click.echo("Removals are allowed again.")
    else:
        click.echo("Removals are not stopped.")
