"""Commands that run Usher: `up`, `web`, `worker`, `migrate`."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from usher.cli.runtime import Failed, database

PARENT_PIPE = "USHER_PARENT_PIPE"
STOP_WITHIN_SECONDS = 15


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def up(host: str, port: int) -> None:
    """Run everything: database (unless DATABASE_URL is set), web and worker. Ctrl-C stops it all."""
    os.environ.setdefault("USHER_BASE_URL", url_of(host, port))
    check_port(host, port)
    # Without DATABASE_URL each child takes hold of the embedded server by itself, so that the last one to go
    # stops it, even when this process is killed.
    environment = dict(os.environ)
    with database(migrate=True):
        _show_way_in()
        run_side_by_side([["web", "--host", host, "--port", str(port)], ["worker"]], environment)


def url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def check_port(host: str, port: int) -> None:
    """Raises Failed where nothing can be served there: before anything else is started."""
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


def _show_way_in() -> None:
    from django.conf import settings

    from usher.access.models import User
    from usher.cli.users import link_for

    click.echo(f"Usher is at {settings.USHER_BASE_URL}")
    if not User.objects.exists():
        click.echo(f"Make the first account here (works once, for 24 hours):\n\n  {link_for(None)}\n")


def run_side_by_side(
    commands: list[list[str]], environment: dict[str, str], started: Callable[[], None] | None = None
) -> None:
    """Runs `usher …` processes until one ends or this one is told to stop; then stops them all."""
    with _stop_signals() as stop, _pipe_to_children() as pipe:
        children = {
            command[0]: subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, "-m", "usher", *command],
                pass_fds=[pipe],
                env={**environment, PARENT_PIPE: str(pipe)},
                # Ctrl-C reaches the whole foreground group; the children are stopped by us, in order.
                start_new_session=True,
            )
            for command in commands
        }
        try:
            if started:
                started()
            while not stop.is_set():
                for name, child in children.items():
                    if child.poll() is not None:
                        raise Failed(f"`usher {name}` ended by itself (exit code {child.returncode}).")
                stop.wait(0.3)
        finally:
            _stop(list(children.values()))


def _stop(children: list["subprocess.Popen[bytes]"]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _pipe_to_children() -> Iterator[int]:
    """A pipe whose other end closes with this process, however it ends: children that read it then stop too."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def _end_with_parent() -> None:
    pipe = os.environ.pop(PARENT_PIPE, None)
    if pipe is None:
        return

    def wait() -> None:
        os.read(int(pipe), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Per process.")
def web(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages."""
    os.environ.setdefault("USHER_BASE_URL", url_of(host, port))
    _end_with_parent()
    check_port(host, port)
    with database():
        from usher.config.server import serve

        serve(host, port, workers, threads)


@click.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Jobs at once.")
def worker(concurrency: int) -> None:
    """Do the background work: syncs, tests, schedules."""
    _end_with_parent()
    with database():
        from procrastinate.contrib.django import app
        from procrastinate.contrib.django.django_connector import DjangoConnector

        assert isinstance(app.connector, DjangoConnector)
        with app.replace_connector(app.connector.get_worker_connector()) as working:
            working.run_worker(
                concurrency=concurrency,
                shutdown_graceful_timeout=5,
                listen_notify=True,
                delete_jobs="successful",
            )


@click.command()
def migrate() -> None:
    """Bring the database's tables up to this version."""
    with database(migrate=True):
        click.echo("The tables are up to date.")


COMMANDS = [up, web, worker, migrate]
