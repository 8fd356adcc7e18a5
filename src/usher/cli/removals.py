"""Commands that see people out: `leavers`, `remove`, `cases`, `approve`, `cancel`, and the stop switch."""

import asyncio
import json
from typing import TYPE_CHECKING

import click

from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.output import print_records
from usher.cli.runtime import Failed, WrongUse, needs_database

if TYPE_CHECKING:
    from usher.connections.models import Connection
    from usher.ledger.actors import Actor
    from usher.removal.execution.preview import Preview
    from usher.removal.models import Case
    from usher.roster.models import Person

FORMATS = click.Choice(["table", "json", "csv"])
STATES = click.Choice(
    ["draft", "waiting", "approved", "scheduled", "running", "done", "failed", "cancelled", "superseded"]
)

LONGEST = 1000
"""Of reasons and notes, in characters."""

LEAVER_COLUMNS = {
    "name": "Name",
    "email": "E-mail",
    "connection": "Connection",
    "left_on": "Left on",
    "last_day": "Last day",
    "source": "Source",
    "protected": "Protected",
    "reason": "Why",
    "case": "Case",
}
LEAVER_KEYS = (
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
    "seats",
    "case",
    "case_state",
)
CASE_COLUMNS = {
    "case": "Case",
    "state": "State",
    "kind": "Kind",
    "email": "Person",
    "connection": "Connection",
    "asked_by": "Asked by",
    "scheduled_for": "Not before",
    "waits_for": "Waits for",
    "outcome": "Outcome",
}


def _words(context: click.Context, option: click.Parameter, text: str) -> str:
    if len(text) > LONGEST:
        raise click.BadParameter(f"It has {len(text):,} characters; at most {LONGEST:,} can be kept.")
    return text


@click.command()
@click.argument("connection", metavar="[CONNECTION]", required=False)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
@needs_database
def leavers(connection: str | None, form: str) -> None:
    """Who left or is leaving and still sits in Asana, and who was picked to go."""
    from usher.access.roles import Action
    from usher.removal.leavers.query import leaver_records

    demand(Action.READ)
    records = leaver_records(connection_named(connection) if connection else None)
    print_records(form, LEAVER_COLUMNS, records, LEAVER_KEYS, "Nobody who left still sits in Asana.")


@click.command()
@click.option("--connection", required=True, metavar="NAME", help="The connection that the person is in.")
@click.option("--email", required=True, metavar="ADDRESS", help="Who is to go. A gid works too.")
@click.option(
    "--reason", default="", callback=_words, help="Why: shown to who approves, kept in the evidence."
)
@click.option("--handover", metavar="ADDRESS", help="Who takes over open tasks and owned projects.")
@click.option("--workspace", "workspaces", multiple=True, metavar="GID", help="Only these; default: all.")
@click.option("--downgrade", is_flag=True, help="View-only instead: frees the seat, keeps the account.")
@click.option("--dry-run", is_flag=True, help="Show exactly the calls that would be made; change nothing.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@needs_database
def remove(
    connection: str,
    email: str,
    reason: str,
    handover: str | None,
    workspaces: tuple[str, ...],
    form: str,
    *,
    downgrade: bool,
    dry_run: bool,
) -> None:
    """Ask for the removal of a person. It runs once all guardrails allow it."""
    from usher.access.roles import Action
    from usher.removal.cases import opening, transitions
    from usher.removal.cases.lookup import cause_for
    from usher.removal.cases.records import case_record
    from usher.removal.jobs import run_if_due
    from usher.removal.models import Case

    actor = demand(Action.OPEN_CASES)
    chosen = connection_named(connection)
    person = _person_in(chosen, email)
    wish = opening.Wish(
        kind=Case.Kind.DOWNGRADE if downgrade else Case.Kind.REMOVE,
        cause=cause_for(person),
        reason=reason,
        hand_over_to=_person_in(chosen, handover) if handover else None,
        workspaces=workspaces,
    )
    if dry_run:
        _dry_run(person, wish, actor, form)
        return
    try:
        case = transitions.ask(opening.open_case(person, wish, actor), actor)
    except opening.CannotOpen as error:
        raise Failed(error.message, error.remedy) from error
    run_if_due(case)
    if form == "json":
        click.echo(json.dumps(case_record(case), ensure_ascii=False))
    else:
        click.echo(f"Case {case.pk}: {case.get_kind_display()}, {case.who}.")
        click.echo(_next(case))


@click.command("cases")
@click.option("--state", "states", type=STATES, multiple=True, help="Only these; default: all.")
@click.option("--connection", metavar="NAME")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
@needs_database
def list_cases(states: tuple[str, ...], connection: str | None, form: str) -> None:
    """All cases, the newest first."""
    from usher.access.roles import Action
    from usher.removal.cases.records import CASE_COLUMNS as KEYS
    from usher.removal.cases.records import case_record
    from usher.removal.models import Case

    demand(Action.READ)
    found = Case.objects.all()
    if states:
        found = found.filter(state__in=states)
    if connection:
        found = found.filter(connection=connection_named(connection))
    records = map(case_record, found.prefetch_related("approvals", "targets"))
    print_records(form, CASE_COLUMNS, records, KEYS, "There are no such cases.")


@click.command()
@click.argument("number", metavar="CASE", type=int)
@click.option("--note", default="", callback=_words, help="Kept with the approval.")
@needs_database
def approve(number: int, note: str) -> None:
    """Approve a case that another person asked for. Say who you are with `usher --as EMAIL approve …`."""
    from usher.access.roles import Action
    from usher.removal.cases import opening, transitions
    from usher.removal.jobs import run_if_due
    from usher.removal.states import WrongState

    actor = demand(Action.APPROVE)
    case = _case(number)
    try:
        case = transitions.approve(case, actor, is_admin=_is_admin(actor), note=note)
    except transitions.CannotApprove as error:
        raise Failed(error.message, f"{error.remedy} usher --as EMAIL approve {number}") from error
    except opening.CannotOpen as error:
        raise Failed(error.message, error.remedy) from error
    except WrongState as error:
        raise Failed(str(error)) from error
    run_if_due(case)
    click.echo(f"Approved: case {case.pk}, {case.get_kind_display()}, {case.who}.")
    click.echo(_next(case))


@click.command()
@click.argument("number", metavar="CASE", type=int)
@click.option("--reason", default="", callback=_words)
@needs_database
def cancel(number: int, reason: str) -> None:
    """End a case that has not begun to run, or has failed."""
    from usher.access.roles import Action
    from usher.removal.cases import transitions
    from usher.removal.states import WrongState

    actor = demand(Action.OPEN_CASES)
    try:
        case = transitions.cancel(_case(number), actor, reason=reason)
    except WrongState as error:
        raise Failed(str(error)) from error
    click.echo(f"Cancelled: case {case.pk}, {case.who}.")


@click.command("stop-removals")
@click.option("--reason", default="", callback=_words, help="Shown to everyone on the pages of removals.")
@needs_database
def stop_removals(reason: str) -> None:
    """Halt all removals at once: nothing begins, and what runs stops before its next step."""
    from usher.access.roles import Action
    from usher.removal.guardrails.settings import stop_removals as stop

    if stop(demand(Action.STOP_REMOVALS), reason):
        click.echo("All removals are stopped. Let them go on with: usher resume-removals")
    else:
        click.echo("They were stopped already.")


@click.command("resume-removals")
@click.option("--reason", default="", callback=_words)
@needs_database
def resume_removals(reason: str) -> None:
    """Let removals go on after a stop."""
    from usher.access.roles import Action
    from usher.removal.guardrails.settings import resume_removals as resume

    if resume(demand(Action.RESUME_REMOVALS), reason):
        click.echo("Removals go on.")
    else:
        click.echo("They were not stopped.")


@click.command("run-cases")
@click.argument("connection", metavar="[CONNECTION]", required=False)
@needs_database
def run_cases(connection: str | None) -> None:
    """Run the cases that are due, now and in the foreground. A worker does it by itself every minute."""
    from usher.access.roles import Action
    from usher.connections.models import Connection
    from usher.removal.execution.runner import RunsElsewhere, run_due
    from usher.removal.models import Case

    demand(Action.OPEN_CASES)
    chosen = [connection_named(connection)] if connection else list(Connection.objects.all())
    failed = 0

    def tell(case: Case) -> None:
        click.echo(f"Case {case.pk}: {case.get_state_display()}. {case.who}. {case.outcome or case.error}")

    for one in chosen:
        try:
            report = asyncio.run(run_due(one.pk, on_end=tell))
        except RunsElsewhere as error:
            raise Failed(f"A worker runs the cases of “{one.name}” right now.", "Wait for it.") from error
        failed += report.failed
        click.echo(
            f"“{one.name}”: {report.done:,} done, {report.superseded:,} superseded, {report.failed:,} failed, "
            f"{report.held:,} held."
        )
    if failed:
        raise Failed(f"{failed:,} cases failed.", "See why: usher cases --state failed")


def _case(number: int) -> "Case":
    from usher.removal.models import Case

    found = Case.objects.filter(pk=number).first()
    if found is None:
        raise WrongUse(f"There is no case {number}.", "See: usher cases")
    return found


def _person_in(connection: "Connection", text: str) -> "Person":
    from usher.removal.cases.lookup import NotThere, person_in

    try:
        return person_in(connection, text)
    except NotThere as error:
        raise WrongUse(error.message, f"{error.remedy} See: usher people {connection.name}") from error


def _is_admin(actor: "Actor") -> bool:
    """Who has a shell on this machine and says no name acts as an admin."""
    from usher.access.models import User
    from usher.access.roles import Role

    if actor.user_id is None:
        return True
    return User.objects.filter(pk=actor.user_id, role=Role.ADMIN).exists()


def _next(case: "Case") -> str:
    from usher.removal.guardrails.facts import refusals_now
    from usher.removal.states import State

    if case.state == State.WAITING:
        return f"It waits for the approval of another person: on its page, or by usher --as EMAIL approve {case.pk}"
    held = refusals_now(case)
    if held:
        return "\n".join(f"It waits: {one.reason} {one.remedy}" for one in held)
    return "A worker runs it now, or: usher run-cases"


def _dry_run(person: "Person", wish: object, actor: "Actor", form: str) -> None:
    from usher.asana import AsanaError
    from usher.removal.cases import opening
    from usher.removal.execution.dry_run import dry_run

    assert isinstance(wish, opening.Wish)
    try:
        found = dry_run(person, wish, actor)
    except opening.CannotOpen as error:
        raise Failed(error.message, error.remedy) from error
    except AsanaError as error:
        raise Failed(str(error), error.remedy) from error
    if form == "json":
        calls = [
            {
                "step": call.step,
                "method": call.method,
                "path": call.path,
                "body": json.loads(call.body) if call.body else None,
                "acts_as": call.acts_as,
            }
            for call in found.calls
        ]
        document = {"happens": found.happens, "lost": found.lost, "calls": calls}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    _print_preview(found)


def _print_preview(found: "Preview") -> None:
    click.secho("Nothing was changed. This is what would happen:", bold=True)
    for sentence in found.happens:
        click.echo(f"  {sentence}")
    for sentence in found.lost:
        click.secho(f"  Lost: {sentence}", fg="yellow")
    click.secho("\nThese calls would be made:", bold=True)
    for call in found.calls:
        body = f"  {call.body}" if call.body else ""
        click.echo(f"  {call.method:6} {call.path}{body}  (as {call.acts_as})")


COMMANDS = [leavers, remove, list_cases, approve, cancel, stop_removals, resume_removals, run_cases]
