"""`usher leavers`."""

import click

from usher.access.roles import Action
from usher.cli.elsewhere.asked import elsewhere
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.options import format_option
from usher.cli.output import print_records
from usher.cli.runtime import needs_database
from usher.removal.leavers.query import leaver_records

HEADINGS = {
    "name": "Name",
    "email": "E-mail",
    "connection": "Connection",
    "left_on": "Left on",
    "last_day": "Last day",
    "source": "Source",
    "protected": "Protected",
    "unanswered_remarks": "Remarks",
    "reason": "Why",
    "case": "Case",
}
KEYS = (
    "gid",
    "email",
    "name",
    "connection",
    "workspace_gids",
    "left_on",
    "last_day",
    "source",
    "protected",
    "reason",
    "remarks",
    "unanswered_remarks",
    "seats",
    "case",
    "case_state",
    "person",
)


@click.command()
@click.argument("connection", metavar="[CONNECTION]", required=False)
@format_option
@needs_database
def leavers(connection: str | None, form: str) -> None:
    """List leavers who still have access to Asana.

    Leavers are people whom the directory lists as left or leaving, and people selected for removal by hand.
    """
    there = elsewhere()
    if there:
        records = there.leavers(connection)
    else:
        demand(Action.READ)
        records = leaver_records(connection_named(connection) if connection else None)
    print_records(form, HEADINGS, records, KEYS, "No leaver has access to Asana.")
