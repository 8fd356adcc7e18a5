"""What a command needs before it can work: Django, the database, and the tables of this version."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, wraps
from typing import ParamSpec, TypeVar

import click
import django
import django.db
from django.conf import settings

from usher.cli.data_folder import ensure_keys, refuse_missing_folder
from usher.cli.errors import Failed, WrongUse
from usher.cli.migrated import bring_tables_up_to_date
from usher.cli.output import echo
from usher.cli.stopping import closing_in_order, stop_deferred
from usher.config.environment import InvalidEnvironment, read_environment, unknown_names
from usher.platform.database import database_settings, session_params
from usher.platform.embedded import HomeTooLong, ensured_database_url
from usher.platform.importing import uncollected_imports
from usher.platform.outages import is_outage, outlive_here, patience, reason_of
from usher.platform.pooler import SessionNeeded, refuse_sessions_handed_over

P = ParamSpec("P")
R = TypeVar("R")


def set_up_django() -> None:
    """Loads settings and models. Needs no database, and makes neither keys nor folders."""
    check_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usher.config.settings")
    with uncollected_imports():
        django.setup()


def check_environment() -> None:
    """Raises WrongUse, which names all settings that cannot be used."""
    try:
        read_environment(os.environ)
    except InvalidEnvironment as error:
        raise WrongUse("\n       ".join(error.problems), "See docs/settings.md.") from None
    _warn_of_unknown_settings()


@cache
def _warn_of_unknown_settings() -> None:
    """Once in a process."""
    for sentence in unknown_names(os.environ):
        echo(f"Warning: {sentence}", err=True)


def needs_database(command: Callable[P, R]) -> Callable[P, R]:
    """For a command that reads or changes data. With `--url`, those that may be asked elsewhere need none."""

    @wraps(command)
    def with_database(*args: P.args, **kwargs: P.kwargs) -> R:
        context = click.get_current_context(silent=True)
        if context is not None and context.find_root().params.get("url"):
            return command(*args, **kwargs)
        with database():
            return command(*args, **kwargs)

    return with_database


def begins_with_database(command: Callable[P, R]) -> Callable[P, R]:
    """For a command that may also be the first one, in an empty data folder."""

    @wraps(command)
    def with_database(*args: P.args, **kwargs: P.kwargs) -> R:
        with database(begins=True):
            return command(*args, **kwargs)

    return with_database


@contextmanager
def database(*, migrate: bool = False, begins: bool = False, is_service: bool = False) -> Iterator[None]:
    """The database is up, Django is ready, and the tables are those of this version.

    Tables are created without asking if no data can be lost: in the embedded server and in an empty database.
    Otherwise the operator decides when (`usher migrate`). A command that `begins` (as those that migrate do) makes a
    new Usher in an empty data folder; others refuse it. A service waits for a database without end, other commands
    for a limited time.
    """
    with database_server(begins=begins or migrate, is_service=is_service) as is_embedded:

        def prepare() -> None:
            bring_tables_up_to_date(always=migrate or is_embedded)
            _compare_with_noted_ledger()

        with _explained(is_embedded=is_embedded):
            outlive_here(prepare, at_most=_patience(is_service))
        with _explained(is_embedded=is_embedded, starting=False):
            yield
            _keep_counts()


@contextmanager
def database_server(*, begins: bool = False, is_service: bool = False) -> Iterator[bool]:
    """The database is up and Django is ready; the tables may be of another version. Yields whether it is embedded."""
    is_embedded = not os.environ.get("DATABASE_URL")
    with ExitStack() as running:
        with _explained(is_embedded=is_embedded):
            check_environment()
            if not begins:
                refuse_missing_folder(is_embedded=is_embedded)
            with stop_deferred():
                url = running.enter_context(ensured_database_url())
            running.enter_context(closing_in_order())
            set_up_django()
            _point_django_to(url)
            outlive_here(_connect, at_most=_patience(is_service))
            ensure_keys()
        yield is_embedded


def _connect() -> None:
    django.db.connection.ensure_connection()
    refuse_sessions_handed_over(session_params())


def _patience(is_service: bool) -> float | None:
    return None if is_service else patience()


def _point_django_to(url: str) -> None:
    """Settings may have been loaded before the address of the embedded server was known."""
    if url == settings.DATABASE_URL:
        return
    settings.DATABASE_URL = url
    configured = django.db.connections.settings["default"]
    configured.update(database_settings(url))


@contextmanager
def _explained(*, is_embedded: bool, starting: bool = True) -> Iterator[None]:
    """Says in a sentence what is wrong with the database or, while starting, with the data folder."""
    try:
        yield
    except Exception as error:
        if is_outage(error):
            remedy = "See the file postgres/log in USHER_HOME." if is_embedded else "Check DATABASE_URL."
            raise Failed(f"The database does not answer: {reason_of(error)}", remedy) from error
        if isinstance(error, SessionNeeded):
            raise Failed(error.message, error.remedy) from error
        if not starting or not isinstance(error, OSError | RuntimeError | subprocess.SubprocessError):
            raise
        if isinstance(error, HomeTooLong):
            raise Failed(str(error)) from error
        what = "The embedded database does not start" if is_embedded else "Usher cannot start"
        raise Failed(
            f"{what}: {error}", "Check that USHER_HOME is a folder that this user may write to."
        ) from error


def _keep_counts() -> None:
    """What a command counted for /metrics, such as requests to Asana. A command that fails keeps nothing."""
    from usher.insights.health.kept_counts import keep_counts  # models

    try:
        keep_counts()
    except django.db.Error:
        logging.getLogger(__name__).info("What this command counted for /metrics was not kept.")


def _compare_with_noted_ledger() -> None:
    """A database that was restored behind Usher's back changes nothing in Asana before an admin has looked."""
    from usher.ledger.continuity import note_head  # models
    from usher.removal.guardrails.restored import stop_if_restored

    if stop_if_restored():
        logging.getLogger(__name__).warning(
            "The database was restored to an earlier state: nothing changes Asana until an admin has looked. "
            "See %s/removals/restored/",
            settings.USHER_BASE_URL,
        )
    note_head()


def is_terminal() -> bool:
    return sys.stderr.isatty()
