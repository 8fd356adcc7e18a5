"""Commands that connect, test and sync Asana accounts."""

import asyncio
import logging
import shlex
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.runtime import Failed, is_terminal, needs_database
from usher.cli.secret import secret_given

if TYPE_CHECKING:
    from usher.connections.models import CheckResult, Connection, SyncRun

MARKS = {"passed": "[green]✓[/]", "warned": "[yellow]![/]", "failed": "[red]✗[/]", "skipped": "[dim]–[/]"}


@click.command()
@click.option("--name", required=True, help="What to call the connection.")
@click.option(
    "--token",
    required=True,
    envvar="USHER_TOKEN",
    callback=secret_given,
    help="Personal access token, made at app.asana.com/0/my-apps. Others on this machine can see what a command "
    "is given: use `-` to read it from standard input, or set USHER_TOKEN.",
)
@click.option(
    "--service-token",
    default="",
    envvar="USHER_SERVICE_TOKEN",
    callback=secret_given,
    help="Service-account token, to see usage (Enterprise only). Also `-`, or USHER_SERVICE_TOKEN.",
)
@click.option("--workspace", "workspace_gid", default="", metavar="GID", help="Only this one; default: all.")
@click.option("--mode", type=click.Choice(["read", "act"]), default="read", show_default=True)
@click.option("--reconnect", is_flag=True, help="Give an account that is already connected new tokens.")
@needs_database
def connect(
    name: str, token: str, service_token: str, workspace_gid: str, mode: str, *, reconnect: bool
) -> None:
    """Connect an Asana account by personal access token, and test it."""
    from usher.access.roles import Action
    from usher.connections.connect import CannotConnect, Wish, connect_with_token
    from usher.connections.forms import check_gid
    from usher.connections.models import Mode

    actor = demand(Action.CONNECT)
    try:
        check_gid(workspace_gid)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not name.strip():
        raise click.UsageError("The name is empty.")
    wish = Wish(
        name=name.strip(),
        mode=Mode(mode),
        workspace_gid=workspace_gid,
        service_token=service_token,
        reconnects=connection_named(name) if reconnect else None,
    )
    try:
        connection = connect_with_token(wish, token, actor)
    except CannotConnect as error:
        raise Failed(error.message, error.remedy) from error
    click.echo(f"Connected “{connection.name}” as {connection.asana_user_name}.")
    checks = _test(connection)
    click.echo(f"\nNext: usher sync {shlex.quote(connection.name)}")
    if any(check["outcome"] == "failed" for check in checks):
        raise Failed("It is connected, but not everything works; see above.")


@click.command()
@click.argument("connection", metavar="CONNECTION")
@needs_database
def test(connection: str) -> None:
    """Test a connection: what works and, for what does not, why and what to do."""
    from usher.access.roles import Action

    demand(Action.SYNC)
    checks = _test(connection_named(connection))
    if any(check["outcome"] == "failed" for check in checks):
        raise Failed("Not everything works; see above.")


def _test(connection: "Connection") -> "list[CheckResult]":
    from usher.connections.connection_test.run import run_test
    from usher.connections.models import ConnectionTest

    console = Console(highlight=False, soft_wrap=True)
    told: set[str] = set()

    async def tell(checks: "list[CheckResult]") -> None:
        for check in checks:
            if check["outcome"] in MARKS and check["key"] not in told:
                told.add(check["key"])
                console.print(f" {MARKS[check['outcome']]} {check['label']}")
                if check["detail"]:
                    console.print(f"   {check['detail']}", style="dim", markup=False)
                if check["remedy"]:
                    console.print(f"   → {check['remedy']}", markup=False)

    stored = ConnectionTest.objects.create(connection=connection)
    return asyncio.run(run_test(stored.pk, tell))


@click.command()
@click.argument("connection", metavar="CONNECTION")
@click.option(
    "--accept-vanished",
    is_flag=True,
    help="People who vanished, however many at once, really left: close them.",
)
@needs_database
def sync(connection: str, *, accept_vanished: bool) -> None:
    """Bring everything of a connection up to date, now and in the foreground."""
    from django.db import DatabaseError

    from usher.access.roles import Action
    from usher.connections import sync as syncing
    from usher.connections.models import SyncRun

    actor = demand(Action.SYNC)
    chosen = connection_named(connection)
    if not chosen.is_connected:
        raise Failed(f"“{chosen.name}” is disconnected.", "Connect it again first.")

    # What goes wrong is told at the end, and better; only mistakes of Usher's own are logged.
    logging.getLogger("usher").setLevel(logging.ERROR)

    def run_once() -> tuple[SyncRun, bool]:
        accepted_by = actor if accept_vanished else None
        asked = syncing.request_run(chosen, SyncRun.Trigger.COMMAND, accepted_by=accepted_by)
        is_ours = asked.attempts == 0
        try:
            return asyncio.run(_with_bar(asked, chosen.name)), is_ours
        except DatabaseError:
            raise
        except Exception as error:  # stored with the run, and logged with all that a report of it needs
            raise Failed(
                f"Usher itself failed: {type(error).__name__}: {error}", "This is a mistake in Usher."
            ) from error

    run, is_ours = run_once()
    if not is_ours:
        # It was begun before this command was given, so it may have missed what changed since.
        run, _ = run_once()
    if run.state != SyncRun.State.DONE:
        remedy = run.remedy
        if run.state == SyncRun.State.ASKING:
            remedy = f"If they really left: usher sync {shlex.quote(chosen.name)} --accept-vanished"
        raise Failed(run.error, remedy)
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else 0
    click.echo(
        f"“{chosen.name}” is up to date: {run.memberships:,} memberships and {run.events:,} new events read; "
        f"{run.joined:,} joined, {run.left:,} left, {run.changed:,} changed; "
        f"{run.requests:,} requests in {seconds:.1f} s."
    )
    from usher.activity.models import UsageState

    unread = UsageState.objects.filter(connection=chosen).exclude(problem="").first()
    if unread is not None:
        click.secho(f"Not all of its use could be read. {unread.problem}", fg="yellow", err=True)


async def _with_bar(run: "SyncRun", name: str) -> "SyncRun":
    from usher.connections import sync as syncing

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar if is_terminal() else nullcontext():
        task = bar.add_task(f"Syncing {name}", total=None)

        def show(run: "SyncRun") -> None:
            bar.update(task, description=run.step, completed=run.progress, total=run.progress_total)

        return await syncing.perform(run.pk, wait=True, on_progress=show)


COMMANDS = [connect, test, sync]
