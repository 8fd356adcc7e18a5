"""Commands that connect, test and sync Asana accounts."""

import logging
import shlex
from contextlib import nullcontext

import click
from django.db import DatabaseError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from usher.access.roles import Action
from usher.activity.models import UsageState
from usher.cli.errors import Failed
from usher.cli.identity import demand
from usher.cli.lookup import connection_named
from usher.cli.options import secret_given
from usher.cli.output import MARKS, echo, print_check
from usher.cli.runtime import begins_with_database, is_terminal, needs_database
from usher.connections import sync as syncing
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings, check_gid
from usher.connections.connection_test.run import run_test
from usher.connections.models import CheckResult, Connection, ConnectionTest, Mode, SyncRun
from usher.platform.outages import is_outage, patience, run_outliving
from usher.platform.printable import printable
from usher.platform.scope import whole_installation


@click.command()
@click.option("--name", required=True, help="What to call the connection.")
@click.option(
    "--token",
    required=True,
    envvar="USHER_TOKEN",
    callback=secret_given,
    help="Personal access token, created at app.asana.com/0/my-apps. Other users of this machine can see the "
    "arguments of a command: give `-` to read the token from standard input, or set USHER_TOKEN.",
)
@click.option(
    "--service-token",
    default="",
    envvar="USHER_SERVICE_TOKEN",
    callback=secret_given,
    help="Service-account token, to read usage (Enterprise only). Also `-`, or USHER_SERVICE_TOKEN.",
)
@click.option("--workspace", "workspace_gid", default="", metavar="GID", help="Only this one; default: all.")
@click.option(
    "--mode",
    type=click.Choice(["read", "act"]),
    default="read",
    show_default=True,
    help="Whether Usher may also take action in Asana.",
)
@click.option("--reconnect", is_flag=True, help="Give new tokens to an account that is already connected.")
@begins_with_database
def connect(
    name: str, token: str, service_token: str, workspace_gid: str, mode: str, *, reconnect: bool
) -> None:
    """Connect an Asana account by token, and test it."""
    actor = demand(Action.CONNECT, of_all_connections=not reconnect)
    try:
        check_gid(workspace_gid)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not name.strip():
        raise click.UsageError("The name is empty.")
    settings = ConnectionSettings(
        name=name.strip(),
        mode=Mode(mode),
        workspace_gid=workspace_gid,
        service_token=service_token,
        reconnects=connection_named(name) if reconnect else None,
    )
    connection = connect_with_token(settings, token, actor)
    echo(f"Connected “{connection.name}” as {connection.asana_user_name}.")
    checks = _test(connection)
    echo("", f"Next: usher sync {shlex.quote(connection.name)}")
    if any(check["outcome"] == "failed" for check in checks):
        raise Failed("It is connected, but not everything works; see above.")


@click.command()
@click.argument("connection", metavar="CONNECTION")
@needs_database
def test(connection: str) -> None:
    """Test a connection.

    Shows what works and, for what does not, why and what to do.
    """
    demand(Action.SYNC)
    checks = _test(connection_named(connection))
    if any(check["outcome"] == "failed" for check in checks):
        raise Failed("Not everything works; see above.")


def _test(connection: Connection) -> list[CheckResult]:
    printed: set[str] = set()

    async def print_new(checks: list[CheckResult]) -> None:
        for check in checks:
            if check["outcome"] in MARKS and check["key"] not in printed:
                printed.add(check["key"])
                print_check(check["outcome"], check["label"], check["detail"], check["remedy"])

    stored = ConnectionTest.objects.create(connection=connection)
    with whole_installation():
        return run_outliving(lambda: run_test(stored.pk, print_new), at_most=patience())


@click.command()
@click.argument("connection", metavar="CONNECTION")
@click.option(
    "--accept-vanished",
    is_flag=True,
    help="Accept that everyone who is missing from Asana has left, however many.",
)
@needs_database
def sync(connection: str, *, accept_vanished: bool) -> None:
    """Sync a connection, in the foreground.

    The exit code is 0 only when everything was read.
    """
    actor = demand(Action.SYNC)
    chosen = connection_named(connection)
    if not chosen.is_connected:
        raise Failed(f"“{chosen.name}” is disconnected.", "Connect it again first.")

    # Problems are explained at the end; only errors of Usher's own are logged.
    logging.getLogger("usher").setLevel(logging.ERROR)

    def run_once() -> tuple[SyncRun, bool]:
        accepted_by = actor if accept_vanished else None
        requested = syncing.request_run(chosen, SyncRun.Trigger.COMMAND, accepted_by=accepted_by)
        is_ours = requested.attempts == 0
        try:
            with whole_installation():
                return _with_bar(requested, chosen.name), is_ours
        except Exception as error:  # stored with the run, and logged with all that a report of it needs
            if isinstance(error, DatabaseError) or is_outage(error):
                raise
            raise Failed(
                f"Usher itself failed: {type(error).__name__}: {error}", "This is a bug in Usher."
            ) from error

    run, is_ours = run_once()
    if not is_ours:
        # It started before this command, so it may have missed what has changed since.
        run, _ = run_once()
    if run.state != SyncRun.State.DONE:
        remedy = run.remedy
        if run.state == SyncRun.State.ASKING:
            remedy = f"If they really left: usher sync {shlex.quote(chosen.name)} --accept-vanished"
        raise Failed(run.error, remedy)
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else 0
    echo(
        f"“{chosen.name}” is up to date: {run.memberships:,} memberships and {run.events:,} new events read; "
        f"{run.joined:,} joined, {run.left:,} left, {run.changed:,} changed; "
        f"{run.requests:,} requests in {seconds:.1f} s."
    )

    unread = UsageState.objects.filter(connection=chosen).exclude(problem="").first()
    if unread is not None:
        echo(f"Its usage could not be read completely. {unread.problem}", fg="yellow", err=True)


def _with_bar(run: SyncRun, name: str) -> SyncRun:
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar if is_terminal() else nullcontext():
        task = bar.add_task(printable(f"Syncing {name}"), total=None)

        def show(run: SyncRun) -> None:
            bar.update(
                task, description=printable(run.step_label), completed=run.progress, total=run.progress_total
            )

        def say_that_it_waits() -> None:
            words = f"Another process is syncing {name}. Waiting for it to end."
            echo(words, err=True)
            bar.update(task, description=printable(words))

        return run_outliving(
            lambda: syncing.perform(run.pk, wait=True, on_progress=show, on_wait=say_that_it_waits),
            at_most=patience(),
        )
