"""`usher jobs`: parked jobs."""

import click

from usher.access.roles import Action
from usher.cli.errors import WrongUse
from usher.cli.identity import demand
from usher.cli.options import format_option
from usher.cli.output import echo, print_records
from usher.cli.runtime import needs_database
from usher.connections import parked
from usher.ledger.record import record


@click.group()
def jobs() -> None:
    """List parked jobs, run one again or drop it.

    A job whose process died with it five times is parked: the same work does not begin again by itself.
    """


@jobs.command("list")
@format_option
@needs_database
def list_parked(form: str) -> None:
    """List parked jobs, oldest first."""
    demand(Action.READ)
    print_records(
        form,
        {"number": "Number", "what": "What it was for"},
        [{"number": each.number, "what": each.what} for each in parked.parked_jobs()],
        ["number", "what"],
        "No job is parked.",
    )


@jobs.command("run")
@click.argument("number", metavar="NUMBER", type=int)
@needs_database
def run_again(number: int) -> None:
    """Let a worker run a parked job again, and the same work begin by itself."""
    actor = demand(Action.SETTINGS)
    job = _parked(number)
    parked.run_again(number)
    record(actor, "settings.job_run_again", job.what)
    echo(f"Returned to the queue: {job.what}.")


@jobs.command("drop")
@click.argument("number", metavar="NUMBER", type=int)
@needs_database
def drop(number: int) -> None:
    """Drop a parked job. The same work may begin again when it is next due."""
    actor = demand(Action.SETTINGS)
    job = _parked(number)
    parked.drop(number)
    record(actor, "settings.job_dropped", job.what)
    echo(f"Dropped: {job.what}.")


def _parked(number: int) -> parked.ParkedJob:
    for job in parked.parked_jobs():
        if job.number == number:
            return job
    raise WrongUse(f"No job {number} is parked.", "See: usher jobs list")
