"""`usher remove`: request a removal, or show what it would do."""

import json

import click
import msgspec

from usher.access.roles import Action
from usher.cli.errors import WrongUse
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.options import bounded_text
from usher.cli.output import echo, print_json
from usher.cli.removal.next_step import next_step
from usher.cli.runtime import needs_database
from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.removal.cases import opening, transitions
from usher.removal.cases.lookup import LookupFailed, cause_for, find_person
from usher.removal.cases.records import case_record
from usher.removal.execution import dry_run as preview_run
from usher.removal.execution.breakage import breakage_in_words
from usher.removal.execution.preview import RemovalPreview
from usher.removal.jobs import run_if_due
from usher.removal.models import Case
from usher.roster.models import Person


@click.command()
@click.option("--connection", required=True, metavar="NAME", help="The connection that the person is in.")
@click.option("--email", required=True, metavar="ADDRESS", help="The person to remove. A gid works too.")
@click.option(
    "--reason",
    default="",
    callback=bounded_text,
    help="Why: shown to the approver, and kept in the evidence.",
)
@click.option("--handover", metavar="ADDRESS", help="Who takes over open tasks and owned projects.")
@click.option("--workspace", "workspaces", multiple=True, metavar="GID", help="Only these; default: all.")
@click.option("--downgrade", is_flag=True, help="View-only instead: frees the seat, keeps the account.")
@click.option("--dry-run", is_flag=True, help="Show the exact calls that would be made; change nothing.")
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
    """Request the removal of a person from Asana.

    It runs once it is approved and all guardrails allow it.
    """
    actor = demand(Action.OPEN_CASES)
    chosen = connection_named(connection)
    person = _person_in(chosen, email)
    wish = opening.CaseRequest(
        kind=Case.Kind.DOWNGRADE if downgrade else Case.Kind.REMOVE,
        cause=cause_for(person),
        reason=reason,
        hand_over_to=_person_in(chosen, handover) if handover else None,
        workspaces=workspaces,
    )
    if dry_run:
        _dry_run(person, wish, actor, form)
        return
    case = transitions.request_approval(opening.open_case(person, wish, actor), actor)
    run_if_due(case)
    if form == "json":
        print_json(case_record(case))
    else:
        echo(f"Case {case.pk}: {case.get_kind_display()}, {case.who}.")
        echo(*next_step(case))


def _person_in(connection: Connection, text: str) -> Person:
    try:
        return find_person(connection, text)
    except LookupFailed as error:
        raise WrongUse(error.message, f"{error.remedy} See: usher people {connection.name}") from error


def _dry_run(person: Person, wish: opening.CaseRequest, actor: Actor, form: str) -> None:
    preview = preview_run.dry_run(person, wish, actor)
    if form != "json":
        _print_preview(preview)
        return
    calls = [
        {
            "step": call.step,
            "method": call.method,
            "path": call.path,
            "body": json.loads(call.body) if call.body else None,
            "acts_as": call.acts_as,
        }
        for call in preview.calls
    ]
    document = {
        "happens": preview.happens,
        "lost": preview.lost,
        "remarks": preview.remarks,
        "absence": msgspec.to_builtins(preview.absence),
        "breaks": msgspec.to_builtins(preview.breaks),
        "calls": calls,
    }
    print_json(document, indent=1)


def _print_preview(preview: RemovalPreview) -> None:
    echo("Nothing was changed. This is what would happen:", bold=True)
    for sentence in preview.happens:
        echo(f"  {sentence}")
    for sentence in preview.lost:
        echo(f"  Lost: {sentence}", fg="yellow")
    if preview.absence:
        echo(f"  {preview.absence.words}", fg="yellow")
    for sentence in breakage_in_words(preview.breaks) if preview.breaks else ():
        echo(f"  Breaks: {sentence}", fg="yellow")
    for remark in preview.remarks:
        echo(f"  Remark, to be answered before it runs: {remark}", fg="yellow")
    echo("", "These calls would be made:", bold=True)
    for call in preview.calls:
        body = f"  {call.body}" if call.body else ""
        echo(f"  {call.method:6} {call.path}{body}  (as {call.acts_as})")
