"""What a command needs before it can work: the database, Django, and the newest tables."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
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
    from psycopg import OperationalError

    from usher.config.embedded import ensured_database_url

    is_embedded = not os.environ.get("DATABASE_URL")
    try:
        with ensured_database_url():
            set_up_django()
            _bring_tables_up_to_date(always=migrate or is_embedded)
            yield
    except OperationalError as error:
        raise Failed(f"The database does not answer: {error}", "Check DATABASE_URL.") from error


def _bring_tables_up_to_date(*, always: bool) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import OperationalError

    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        raise Failed(f"The database does not answer: {error}", "Check DATABASE_URL.") from error
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if not always and executor.loader.applied_migrations:
        raise Failed("The database has the tables of another version of Usher.", "Run: usher migrate")
    with _one_at_a_time():
        call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [0x05E90001])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [0x05E90001])


def needs_database(command: Callable[P, R]) -> Callable[P, R]:
    """For a command that works on the data."""

    @wraps(command)
    def with_database(*args: P.args, **kwargs: P.kwargs) -> R:
        with database():
            return command(*args, **kwargs)

    return with_database


def is_terminal() -> bool:
    return sys.stderr.isatty()
