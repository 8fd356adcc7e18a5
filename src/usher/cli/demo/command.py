"""`usher demo`: Usher with a simulated Asana and an invented company."""

import fcntl
import os
import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from usher.cli.errors import Failed
from usher.cli.output import echo
from usher.cli.processes.commands import check_port, url_of
from usher.cli.processes.supervision import run_side_by_side
from usher.cli.runtime import database
from usher.platform.home import home
from usher.sandbox import Company, running

SEED = 7


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--people", default=400, show_default=True, type=click.IntRange(60, 20_000))
def demo(host: str, port: int, people: int) -> None:
    """Try Usher with a simulated Asana and an invented company.

    It starts afresh every time, in a folder of its own (USHER_HOME/demo). Your own data is not touched.
    """
    check_port(host, port)
    folder = home() / "demo"
    _delete(folder)
    began = time.monotonic()
    echo("Setting up the demo. This takes about a minute.")
    echo(f"  A simulated Asana with {people:,} people")
    company = Company.generate(people, SEED, oddities=False)
    with running(company=company, per_minute=0) as sandbox:
        os.environ |= {
            "USHER_HOME": str(folder),
            "USHER_BASE_URL": url_of(host, port),
            "USHER_ASANA_URL": sandbox.url,
            "USHER_ASANA_CLIENT_ID": "sandbox-client",
            "USHER_ASANA_CLIENT_SECRET": "sandbox-secret",
        }
        for name in ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_REPLICA_URL"):
            os.environ.pop(name, None)
        environment = dict(os.environ)
        echo("  A database of its own")
        with database(migrate=True):
            from usher.cli.demo.setup import set_up  # models, which need the settings above

            greeting = set_up(sandbox, datetime.now(UTC))
            echo(f"Ready after {time.monotonic() - began:.0f} seconds.")
            run_side_by_side(
                [["web", "--host", host, "--port", str(port)], ["worker"]],
                environment,
                on_start=lambda: echo(*greeting.split("\n")),
            )


def _delete(folder: Path) -> None:
    """Deletes what an earlier demo left. Raises Failed while that demo is running."""
    with suppress(FileNotFoundError), (folder / "postgres.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failed("A demo is running already.", "Stop it first (Ctrl-C).") from error
    shutil.rmtree(folder, ignore_errors=True)
