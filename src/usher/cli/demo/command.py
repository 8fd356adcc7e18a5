"""`usher demo`: Usher with a simulated Asana, to look around in."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
from rich.progress import track

from usher.cli.errors import Failed
from usher.cli.processes import check_port, url_of
from usher.cli.runtime import database
from usher.cli.supervision import run_side_by_side

if TYPE_CHECKING:
    from usher.connections.models import Connection
    from usher.sandbox import RunningSandbox

WEEKS_OF_HISTORY = 26
WATCHED_EVERY, WATCHED_TIMES, SYNCED_EVERY_TIMES = timedelta(hours=22), 36, 8
"""The stream's tokens live for a day: it is read more often than that, and for more than a month."""

NO_LIMIT = 1_000_000


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--people", default=400, show_default=True, type=click.IntRange(60, 20_000))
def demo(host: str, port: int, people: int) -> None:
    """Try Usher with a simulated Asana and an invented company.

    It starts afresh every time, in a folder of its own (USHER_HOME/demo). Your own data is not touched.
    """
    from usher.platform.home import home
    from usher.sandbox import running

    check_port(host, port)
    folder = home() / "demo"
    _forget(str(folder))
    with running(people=people, seed=7, per_minute=0) as box:
        os.environ |= {
            "USHER_HOME": str(folder),
            "USHER_BASE_URL": url_of(host, port),
            "USHER_ASANA_URL": box.url,
            "USHER_ASANA_CLIENT_ID": "sandbox-client",
            "USHER_ASANA_CLIENT_SECRET": "sandbox-secret",
        }
        os.environ.pop("DATABASE_URL", None)
        environment = dict(os.environ)
        click.echo("Setting up the demo: a simulated Asana and a database of its own.")
        with database(migrate=True):
            from usher.cli.demo.leavers import people_leave

            people_leave(_live_through(box), datetime.now(UTC))
            link = _demo_user_link()
            run_side_by_side(
                [["web", "--host", host, "--port", str(port)], ["worker"]],
                environment,
                on_start=lambda: click.echo(_greeting(link, box)),
            )


def _forget(folder: str) -> None:
    """Clears what an earlier demo left. Raises Failed while that one still runs."""
    import fcntl

    lock = os.path.join(folder, "postgres.lock")  # noqa: PTH118
    with suppress(FileNotFoundError), open(lock, "a") as held:  # noqa: PTH123
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failed("A demo is running already.", "Stop it first (Ctrl-C).") from error
    shutil.rmtree(folder, ignore_errors=True)


def _live_through(box: RunningSandbox) -> Connection:
    """Syncs the first account as it was at many moments of its past, so that every page has something to show.

    The service-account token comes late, as it does in life: before it, use is known from the audit log alone.
    """
    from usher.activity.sync_stage import poll_streams
    from usher.connections.connecting.by_token import connect_with_token
    from usher.connections.connecting.change import change
    from usher.connections.connecting.settings import ConnectionSettings
    from usher.connections.models import Connection, Mode
    from usher.ledger.actors import SYSTEM

    now = datetime.now(UTC)
    account = ConnectionSettings("Halvorsen & Brook", Mode.ACT)
    connection = connect_with_token(account, "sandbox-pat-1", SYSTEM)
    Connection.objects.filter(pk=connection.pk).update(requests_per_minute=NO_LIMIT)
    watched = [now - WATCHED_EVERY * back for back in range(WATCHED_TIMES, -1, -1)]
    weeks = [now - timedelta(weeks=week) for week in range(WEEKS_OF_HISTORY, 0, -1)]
    before = [moment for moment in weeks if moment < watched[0]]
    for n, moment in enumerate(
        track([*before, *watched], description="Half a year passes", transient=True), -len(before)
    ):
        if n == 0:
            with_token = replace(account, service_token="sandbox-service-1", reconnects=connection)  # noqa: S106
            change(connection, with_token, SYSTEM, keep_service_token=False)
        box.set_clock(moment if moment != now else None)
        if n <= 0 or n % SYNCED_EVERY_TIMES == 0 or moment == now:
            _sync_as_of(connection, moment)
        else:
            asyncio.run(poll_streams(lambda moment=moment: moment))  # type: ignore[misc]
    Connection.objects.filter(pk=connection.pk).update(requests_per_minute=1500)
    return Connection.objects.get(pk=connection.pk)


def _sync_as_of(connection: Connection, moment: datetime) -> None:
    from usher.connections import sync
    from usher.connections.models import SyncRun
    from usher.ledger.actors import SYSTEM

    run = sync.request_run(connection, SyncRun.Trigger.SCHEDULE, accepted_by=SYSTEM)
    SyncRun.objects.filter(pk=run.pk).update(created_at=moment)
    done = asyncio.run(sync.perform(run.pk, now=lambda: moment))
    if done.state != SyncRun.State.DONE:
        raise Failed(f"The demo's sync did not end well: {done.error}", done.remedy)


def _demo_user_link() -> str:
    from usher.access.models import User
    from usher.access.roles import UserRole
    from usher.cli.users import link_for

    # A password that nobody knows: without any, the link would lead to where one is set.
    user = User.objects.create_user(
        "demo@halvorsen-brook.example",
        "demo@halvorsen-brook.example",
        secrets.token_urlsafe(32),
        name="Demo",
        role=UserRole.ADMIN,
    )
    return link_for(user)


def _greeting(link: str, box: RunningSandbox) -> str:
    return f"""
Usher's demo runs. Sign in here:

  {link}

One Asana account is connected and synced, and some people have left the company: see Leavers. Two cases that
Olga asked for wait for your approval. To connect the other account: Integrations → Connect, then choose
Noor van Dijk on the sandbox's consent page ({box.url}).
Ctrl-C stops everything.
"""
