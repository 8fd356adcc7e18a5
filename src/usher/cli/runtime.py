"""What a command needs before it can work: the database, Django, and the newest tables."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from types import FrameType
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")


class Failed(click.ClickException):
    """A command that did not succeed: exit code 1. What happened, and what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def show(self, file: object = None) -> None:
        click.secho(f"Error: {self.message}", fg="red", err=True)
        if self.remedy:
            click.echo(f"       {self.remedy}", err=True)


class WrongUse(Failed):
    """A command that was given something that cannot be: exit code 2."""

    exit_code = 2


def set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usher.config.settings")
    import django

    django.setup()


@contextmanager
def database(*, migrate: bool = False) -> Iterator[None]:
    """The database is up, Django is ready, and the tables are those of this version.

    Tables are made without asking where nothing can be lost by it: in the embedded server and in an empty
    database. Elsewhere the operator says when (`usher migrate`).
    """
    is_embedded = not os.environ.get("DATABASE_URL")
    with ExitStack() as running:
        # Else a process that is asked to end would leave the embedded server behind.
        running.enter_context(_term_ends_in_order())
        with _explained(is_embedded=is_embedded):
            _check_database_url()
            from usher.platform.embedded import ensured_database_url

            running.enter_context(ensured_database_url())
            set_up_django()
            _bring_tables_up_to_date(always=migrate or is_embedded)
        with _explained(is_embedded=is_embedded, starting=False):
            yield


@contextmanager
def _explained(*, is_embedded: bool, starting: bool = True) -> Iterator[None]:
    """Says in a sentence what is wrong with the database or, while starting, with the data folder."""
    import django.db
    import psycopg

    from usher.platform.embedded import HomeTooLong

    try:
        yield
    except (psycopg.OperationalError, django.db.OperationalError, django.db.InterfaceError) as error:
        remedy = "See the file postgres/log in USHER_HOME." if is_embedded else "Check DATABASE_URL."
        raise Failed(f"The database does not answer: {str(error).strip()}", remedy) from error
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        if not starting:
            raise
        if isinstance(error, HomeTooLong):
            raise Failed(str(error)) from error
        what = "The embedded database does not start" if is_embedded else "Usher cannot start"
        raise Failed(
            f"{what}: {error}", "Check that USHER_HOME is a folder that this user may write to."
        ) from error


def _check_database_url() -> None:
    import dj_database_url

    given = os.environ.get("DATABASE_URL")
    try:
        engine = dj_database_url.parse(given)["ENGINE"] if given else ""
    except (ValueError, KeyError):
        engine = "unknown"
    if engine not in ("", "django.db.backends.postgresql"):
        # What was given is not repeated: it may hold a password.
        raise Failed(
            "DATABASE_URL is not the address of a PostgreSQL database.",
            "It looks like postgresql://user:password@host:5432/database.",
        )


@contextmanager
def _term_ends_in_order() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        # Calls that are cut off in the middle say so, each with a trace; who asked for the end knows.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _bring_tables_up_to_date(*, always: bool) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if not always and executor.loader.applied_migrations:
        raise Failed("The database has the tables of another version of Usher.", "Run: usher migrate")
    with _one_at_a_time():
        call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    from usher.platform.locks import Lock, lock_session

    with lock_session(Lock.MIGRATIONS.whole):
        yield


def needs_database(command: Callable[P, R]) -> Callable[P, R]:
    """For a command that works on the data."""

    @wraps(command)
    def with_database(*args: P.args, **kwargs: P.kwargs) -> R:
        with database():
            return command(*args, **kwargs)

    return with_database


def is_terminal() -> bool:
    return sys.stderr.isatty()
