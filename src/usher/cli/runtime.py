"""What a command needs before it can work: Django, the database, and the tables of this version."""

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

import dj_database_url
import django
import django.db
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.executor import MigrationExecutor

from usher.cli.errors import Failed
from usher.platform.embedded import HomeTooLong, ensured_database_url
from usher.platform.locks import Lock, lock_session

P = ParamSpec("P")
R = TypeVar("R")


def set_up_django() -> None:
    """Loads settings and models. Needs no database, and makes neither keys nor folders."""
    _check_database_url()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usher.config.settings")
    django.setup()


def _check_database_url() -> None:
    given = os.environ.get("DATABASE_URL")
    try:
        engine = dj_database_url.parse(given)["ENGINE"] if given else ""
    except (ValueError, KeyError):
        engine = "unknown"
    if engine not in ("", "django.db.backends.postgresql"):
        # The value is not repeated: it may hold a password.
        raise Failed(
            "DATABASE_URL is not the address of a PostgreSQL database.",
            "It looks like postgresql://user:password@host:5432/database.",
        )


def needs_database(command: Callable[P, R]) -> Callable[P, R]:
    """For a command that reads or changes data."""

    @wraps(command)
    def with_database(*args: P.args, **kwargs: P.kwargs) -> R:
        with database():
            return command(*args, **kwargs)

    return with_database


@contextmanager
def database(*, migrate: bool = False) -> Iterator[None]:
    """The database is up, Django is ready, and the tables are those of this version.

    Tables are created without asking if no data can be lost: in the embedded server and in an empty database.
    Otherwise the operator decides when (`usher migrate`).
    """
    with database_server() as is_embedded:
        with _explained(is_embedded=is_embedded):
            _bring_tables_up_to_date(always=migrate or is_embedded)
        with _explained(is_embedded=is_embedded, starting=False):
            yield


@contextmanager
def database_server() -> Iterator[bool]:
    """The database is up and Django is ready; the tables may be of another version. Yields whether it is embedded."""
    is_embedded = not os.environ.get("DATABASE_URL")
    with ExitStack() as running:
        # Otherwise a process that is asked to end would leave the embedded server behind.
        running.enter_context(_term_ends_in_order())
        with _explained(is_embedded=is_embedded):
            _check_database_url()
            url = running.enter_context(ensured_database_url())
            set_up_django()
            _point_django_to(url)
            str(settings.SECRET_KEY)  # is made now, where a data folder that cannot be written is explained
        yield is_embedded


def _point_django_to(url: str) -> None:
    """Settings may have been loaded before the address of the embedded server was known."""
    if url == settings.DATABASE_URL:
        return
    settings.DATABASE_URL = url
    configured = django.db.connections.settings["default"]
    configured.update(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))


@contextmanager
def _explained(*, is_embedded: bool, starting: bool = True) -> Iterator[None]:
    """Says in a sentence what is wrong with the database or, while starting, with the data folder."""
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


@contextmanager
def _term_ends_in_order() -> Iterator[None]:
    """SIGTERM raises SystemExit, so that everything that was opened is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        # Calls that are cut off would each log a traceback; whoever sent the signal needs none.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _bring_tables_up_to_date(*, always: bool) -> None:
    executor = MigrationExecutor(django.db.connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if not always and executor.loader.applied_migrations:
        raise Failed("The database has the tables of another version of Usher.", "Run: usher migrate")
    with lock_session(Lock.MIGRATIONS.whole):
        call_command("migrate", verbosity=0, interactive=False)


def is_terminal() -> bool:
    return sys.stderr.isatty()
