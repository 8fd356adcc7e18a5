"""`usher directory list`: the people in Asana with their employment."""

from datetime import UTC, datetime

import click

from usher.access.roles import Action
from usher.cli.errors import WrongUse
from usher.cli.identity import demand
from usher.cli.options import format_option
from usher.cli.output import print_records
from usher.cli.runtime import needs_database
from usher.directory.employment.export import COLUMNS, people_with_group, records
from usher.directory.employment.status import EmploymentGroup

HEADINGS = {
    "name": "Name",
    "email": "E-mail",
    "group": "Group",
    "last_day": "Last day",
    "left_on": "Left on",
    "source": "Source",
    "connection": "Connection",
}


@click.command("list")
@click.option("--group", metavar="GROUP", help=f"{', '.join(EmploymentGroup.values)}. Default: all.")
@format_option
@needs_database
def list_people(group: str | None, form: str) -> None:
    """List everyone in Asana, with their employment according to the directory."""
    demand(Action.READ)
    if group and group not in EmploymentGroup.values:
        raise WrongUse(f"There is no group {group}.", f"Groups: {', '.join(EmploymentGroup.values)}.")
    today = datetime.now(UTC).date()
    people = records(people_with_group(today, group or "").order_by("name", "pk"), today)
    empty = "Nobody yet. Connect Asana, then: usher directory import FILE --source NAME."
    print_records(form, HEADINGS, people, COLUMNS, empty)
