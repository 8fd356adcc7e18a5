"""Commands that run Usher: `up`, `web`, `worker`, `migrate`."""

import asyncio
import os
import socket

import click

from usher.cli.errors import Failed
from usher.cli.output import echo
from usher.cli.processes.supervision import end_with_parent, run_side_by_side
from usher.cli.runtime import database
from usher.config.server import serve
from usher.config.traces import start_traces_if_wanted
from usher.ledger.noted import log_heads


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def up(host: str, port: int) -> None:
    """Run everything: database, web and worker.

    The database is the embedded one unless DATABASE_URL is set. Ctrl-C stops everything.
    """
    os.environ.setdefault("USHER_BASE_URL", url_of(host, port))
    check_port(host, port)
    # Without DATABASE_URL each child uses the embedded server on its own account: the last one to end stops it,
    # even when this process is killed.
    environment = dict(os.environ)
    with database(migrate=True):
        from usher.cli.access.users import (
            show_way_in,
        )  # models, which need the settings that are decided above

        show_way_in()
        run_side_by_side([["web", "--host", host, "--port", str(port)], ["worker"]], environment)


def url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def check_port(host: str, port: int) -> None:
    """Raises Failed where the address cannot be bound, before anything else is started."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Failed(
            f"{url_of(host, port)} cannot be served: {error.strerror or error}.",
            "Choose another one: --port, --host.",
        ) from error


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="How many processes."
)
@click.option(
    "--threads",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many threads in each process.",
)
def web(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages and the API."""
    os.environ.setdefault("USHER_BASE_URL", url_of(host, port))
    end_with_parent()
    check_port(host, port)
    log_heads()
    with database(is_service=True):
        serve(host, port, workers, threads)


@click.command()
@click.option(
    "--concurrency",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many jobs run at once.",
)
def worker(concurrency: int) -> None:
    """Run background jobs: syncs, tests, removals."""
    end_with_parent()
    log_heads()
    with database(is_service=True):
        from usher.cli.processes.working import JobWorker  # models, which need the settings
        from usher.insights.health.kept_counts import counts_kept

        start_traces_if_wanted("usher-worker")
        with counts_kept():
            asyncio.run(JobWorker(concurrency).run())


@click.command()
def migrate() -> None:
    """Bring the database's tables up to this version."""
    with database(migrate=True):
        echo("The tables are up to date.")
