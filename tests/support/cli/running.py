"""`usher` as people run it: a process of its own, with settings of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet

from tests.support.cli.forked import forking_usher
from usher.platform.home import ENCRYPTION_KEYS, SECRET_KEY


def bare_environment() -> dict[str, str]:
    """Without settings of the tests and of a real Usher."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("USHER_", "DJANGO_", "DATABASE_"))
    }


class Usher:
    """Runs commands in one environment; what it started and is still running ends with it."""

    def __init__(self, *, is_new: bool = False, **environment: str) -> None:
        """Its data folder has keys, as after `usher migrate`, unless it is new."""
        self.environment = bare_environment() | environment
        if not is_new and "DATABASE_URL" in environment:
            _make_keys(Path(environment["USHER_HOME"]))

    def __call__(
        self, *arguments: str, given: str = "", seconds: float = 60, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return forking_usher().run(list(arguments), given, self.environment | environment, seconds)

    @contextmanager
    def started(self, *arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
        """In a session of its own, as from another terminal. Killed at the end if it still runs."""
        process = subprocess.Popen(
            [sys.executable, "-m", "usher", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment | environment,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()


def _make_keys(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {SECRET_KEY: "x" * 50, ENCRYPTION_KEYS: Fernet.generate_key().decode()}.items():
        if not (folder / name).exists():
            (folder / name).write_text(text + "\n")
            (folder / name).chmod(0o600)


def wait_until(holds: Callable[[], object], seconds: float = 60, every: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} seconds: {holds}")
        time.sleep(every)


@contextmanager
def own_database(name: str, template: str = "template1") -> Iterator[str]:
    """The address of an empty database on the server of the tests."""
    server = os.environ["DATABASE_URL"]
    name = f"{name}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def _tables() -> str:
    """The name of a database with the tables of this version and nothing in them. Made once in a process."""
    server, name = os.environ["DATABASE_URL"], f"usher_tables_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        connection.execute(f'CREATE DATABASE "{name}"')
        usher = Usher(USHER_HOME=folder, DATABASE_URL=urlsplit(server)._replace(path=f"/{name}").geturl())
        done = usher("migrate", seconds=300)
        assert done.returncode == 0, done.stderr
        in_use = "SELECT FROM pg_stat_activity WHERE datname = %s"
        wait_until(lambda: not connection.execute(in_use, [name]).fetchall())
    return name


@contextmanager
def migrated_database(name: str) -> Iterator[str]:
    """As `own_database`, with the tables of this version: a copy, since making them takes many seconds."""
    with own_database(name, template=_tables()) as url:
        yield url
