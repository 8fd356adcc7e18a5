"""`usher dev`: everything that a contributor needs to see a change, with one command and one Ctrl-C."""

import os
from pathlib import Path

import click

import usher
from usher.cli.output import echo
from usher.cli.processes.commands import check_port, url_of
from usher.cli.processes.supervision import Children, started
from usher.cli.runtime import database
from usher.sandbox import running

SOURCE = Path(usher.__file__).parent
POLL_SECONDS = 0.5
SEED = 7
"""The same company at every start, so that what the database has read stays true."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--people", default=200, show_default=True, type=click.IntRange(60, 20_000))
@click.option(
    "--home",
    "folder",
    default=".dev",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder. It is kept; delete it to start afresh.",
)
def dev(host: str, port: int, people: int, folder: Path) -> None:
    """Run Usher from a checkout; it restarts when a source file changes.

    Starts a simulated Asana, a database, the web server and a worker. A changed template or style sheet is seen
    with the next page, a changed Python file after a restart of web and worker. Ctrl-C stops everything.
    """
    check_port(host, port)
    with running(people=people, seed=SEED, per_minute=0) as sandbox:
        os.environ |= {
            "USHER_DEV": "1",
            "USHER_HOME": str(folder.resolve()),
            "USHER_BASE_URL": url_of(host, port),
            "USHER_ASANA_URL": sandbox.url,
            "USHER_ASANA_CLIENT_ID": "sandbox-client",
            "USHER_ASANA_CLIENT_SECRET": "sandbox-secret",
        }
        for name in ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_REPLICA_URL"):
            os.environ.pop(name, None)
        environment = dict(os.environ)
        with database(begins=True):
            from usher.cli.dev.first_data import (  # models, which need the settings above
                first_data,
                sign_in_link,
            )

            first_data()
            commands = [["web", "--host", host, "--port", str(port), "--workers", "1"], ["worker"]]
            with started(commands, environment) as (children, stop):
                echo(f"Usher is at {url_of(host, port)}; the simulated Asana at {sandbox.url}.")
                echo("Sign in (works once, within 24 hours):", "", f"  {sign_in_link()}", "")
                echo("Web and worker restart when a Python file changes. Ctrl-C stops everything.")
                before = _modified()
                while not stop.wait(POLL_SECONDS):
                    before = _follow(children, before)


def _follow(children: Children, before: dict[Path, int]) -> dict[Path, int]:
    """Restarts after a change. A process that ended by itself is not started before there is one."""
    now = _modified()
    if now != before:
        changed = {path for path, _ in now.items() ^ before.items()}
        echo(f"{min(changed).relative_to(SOURCE.parent)} changed: restarting.")
        children.stop()
        children.start()
    elif ended := children.ended():
        echo(f"{ended} Waiting for a change.", fg="red", err=True)
        children.stop()
    return now


def _modified() -> dict[Path, int]:
    """When each Python file was changed. One that is just being replaced is left out."""
    modified = {}
    for path in SOURCE.rglob("*.py"):
        try:
            modified[path] = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return modified
