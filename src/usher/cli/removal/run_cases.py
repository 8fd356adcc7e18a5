"""`usher run-cases`."""

from functools import partial

import click

from usher.access.roles import Action
from usher.cli.errors import Failed
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.output import echo
from usher.cli.runtime import needs_database
from usher.connections.models import Connection
from usher.platform.outages import patience, run_outliving
from usher.platform.scope import whole_installation
from usher.removal.execution.runner import AlreadyRunning, run_due
from usher.removal.models import Case


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
