"""`usher cases`, `usher approve`, `usher cancel` and `usher run-cases`."""

from functools import partial

import click

from usher.access.roles import Action
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.options import bounded_text, format_option
from usher.cli.output import echo, print_records
from usher.cli.removal.next_step import next_step
from usher.cli.runtime import needs_database
from usher.connections.models import Connection
from usher.platform.outages import patience, run_outliving
from usher.platform.scope import whole_installation
from usher.removal.cases import transitions
from usher.removal.cases.records import CASE_COLUMNS, case_record, with_parts_of_record
from usher.removal.execution.runner import AlreadyRunning, run_due
from usher.removal.jobs import run_if_due
from usher.removal.models import Case
from usher.removal.states import CaseState

HEADINGS = {
    "case": "Case",
    "state": "State",
    "kind": "Kind",
    "email": "Person",
    "connection": "Connection",
    "asked_by": "Requested by",
    "scheduled_for": "Not before",
    "unanswered_remarks": "Remarks",
    "waits_for": "Waits for",
    "outcome": "Outcome",
}


@click.command("cases")
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in CaseState]),
    multiple=True,
    help="Only these; default: all.",
)
@click.option("--connection", metavar="NAME", help="Only this one; default: all.")
@format_option
@needs_database
def list_cases(states: tuple[str, ...], connection: str | None, form: str) -> None:
    """List all cases, newest first."""
    demand(Action.READ)
    cases = Case.objects.all()
    if states:
        cases = cases.filter(state__in=states)
    if connection:
        cases = cases.filter(connection=connection_named(connection))
    records = map(case_record, with_parts_of_record(cases))
    print_records(form, HEADINGS, records, CASE_COLUMNS, "There are no such cases.")


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


@click.command("run-cases")
@click.argument("connection", metavar="[CONNECTION]", required=False)
@needs_database
def run_cases(connection: str | None) -> None:
    """Run the cases that are due, in the foreground.

    A worker does so by itself every minute.
    """
    demand(Action.OPEN_CASES)
    connections = [connection_named(connection)] if connection else list(Connection.objects.all())
    failed = 0

    def print_end(case: Case) -> None:
        echo(f"Case {case.pk}: {case.get_state_display()}. {case.who}. {case.outcome or case.error}")

    for one in connections:
        try:
            with whole_installation():
                report = run_outliving(partial(run_due, one.pk, on_end=print_end), at_most=patience())
        except AlreadyRunning as error:
            raise Failed(
                f"A worker is running the cases of “{one.name}”.", "Wait until it has finished."
            ) from error
        failed += report.failed
        echo(
            f"“{one.name}”: {report.done:,} done, {report.superseded:,} superseded, {report.failed:,} failed, "
            f"{report.held:,} held."
        )
    if failed:
        raise Failed(f"{failed:,} cases failed.", "See why: usher cases --state failed")


def _case(number: int) -> Case:
    case = Case.objects.filter(pk=number).first()
    if case is None:
        raise WrongUse(f"There is no case {number}.", "See: usher cases")
    return case
