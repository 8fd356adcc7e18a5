"""`usher cases`."""

from collections.abc import Iterator

import click

from usher.access.roles import Action
from usher.cli.elsewhere.asked import elsewhere
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.options import format_option
from usher.cli.output import print_records
from usher.cli.runtime import needs_database
from usher.removal.cases.records import CASE_COLUMNS, case_record, with_parts_of_record
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
    there = elsewhere()
    records = there.cases(states, connection) if there else _records(states, connection)
    print_records(form, HEADINGS, records, CASE_COLUMNS, "There are no such cases.")


def _records(states: tuple[str, ...], connection: str | None) -> Iterator[dict[str, object]]:
    demand(Action.READ)
    cases = Case.objects.all()
    if states:
        cases = cases.filter(state__in=states)
    if connection:
        cases = cases.filter(connection=connection_named(connection))
    return map(case_record, with_parts_of_record(cases))
