"""`usher stop-removals` and `usher resume-removals`."""

import click

from usher.access.roles import Action
from usher.cli.identity import demand
from usher.cli.options import bounded_text
from usher.cli.output import echo
from usher.cli.runtime import needs_database
from usher.ledger.actors import Actor
from usher.removal.guardrails import restored, settings
from usher.removal.models import Guardrails

MISSING_SHOWN = 200


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
        echo("All removals are stopped. To allow them again: usher resume-removals")
    else:
        echo("Removals are already stopped.")


@click.command("resume-removals")
@click.option("--reason", default="", callback=bounded_text, help="Kept in the ledger.")
@click.option(
    "--after-restore", is_flag=True, help="The database was restored, and you have checked what is missing."
)
@needs_database
def resume_removals(reason: str, after_restore: bool) -> None:
    """Allow removals again.

    After the database was restored to an earlier state, this lists what is missing from it. Check that first; then
    --after-restore lets removals go on.
    """
    actor = demand(Action.RESUME_REMOVALS)
    if after_restore:
        _go_on_after_a_restore(actor, reason)
        return
    missing = restored.missing_entries(restored.unsettled_heads())
    for entry in reversed(missing[:MISSING_SHOWN]):
        echo(f"Missing: {entry['at']} {entry['action']}: {entry['subject']} ({entry['actor']})")
    if settings.resume_removals(actor, reason):
        echo("Removals are allowed again.")
    else:
        echo("Removals are not stopped.")


def _go_on_after_a_restore(actor: Actor, reason: str) -> None:
    if not restored.let_removals_go_on(actor, reason):
        echo("No restore waits to be checked.")
    elif Guardrails.get().stopped_at is None:
        echo("Removals are allowed again.")
    else:
        echo("The database counts as it is now. Removals stay stopped, as before: usher resume-removals")
