"""`usher approve` and `usher cancel`."""

import click

from usher.access.roles import Action
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import demand
from usher.cli.options import bounded_text
from usher.cli.output import echo
from usher.cli.removal.next_step import next_step
from usher.cli.runtime import needs_database
from usher.removal.cases import transitions
from usher.removal.jobs import run_if_due
from usher.removal.models import Case


@click.command()
@click.argument("number", metavar="CASE", type=int)
@click.option("--note", default="", callback=bounded_text, help="Kept with the approval.")
@click.option(
    "--version",
    metavar="VERSION",
    default="",
    callback=bounded_text,
    help="As `usher cases --format json` gives it. If the case has changed since, the approval is refused.",
)
@needs_database
def approve(number: int, note: str, version: str) -> None:
    """Approve a case that somebody else has requested.

    Say who you are: usher --as EMAIL approve CASE
    """
    actor = demand(Action.APPROVE)
    try:
        case = transitions.approve(_case(number), actor, note=note, read=version or None)
    except transitions.CannotApprove as error:
        raise Failed(error.message, f"{error.remedy} usher --as EMAIL approve {number}") from error
    run_if_due(case)
    echo(f"Approved: case {case.pk}, {case.get_kind_display()}, {case.who}.")
    echo(*next_step(case))


@click.command()
@click.argument("number", metavar="CASE", type=int)
@click.option("--reason", default="", callback=bounded_text, help="Kept with the case.")
@needs_database
def cancel(number: int, reason: str) -> None:
    """Cancel a case that has not started or has failed."""
    actor = demand(Action.OPEN_CASES)
    case = transitions.cancel(_case(number), actor, reason=reason)
    echo(f"Cancelled: case {case.pk}, {case.who}.")


def _case(number: int) -> Case:
    case = Case.objects.filter(pk=number).first()
    if case is None:
        raise WrongUse(f"There is no case {number}.", "See: usher cases")
    return case
