"""A real PgBouncer in transaction mode, between Usher and the server of the tests."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from tests.support.cli.running import wait_until
from tests.support.ports import free_port
from usher.platform.embedded import postmaster

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

needs_pgbouncer = pytest.mark.skipif(PGBOUNCER is None, reason="needs pgbouncer")

CONFIGURATION = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 200
query_wait_timeout = 60
logfile = {folder}/log
"""


@contextmanager
def pgbouncer(*, size: int = 1, mode: str = "transaction") -> Iterator[int]:
    """Its port on 127.0.0.1. All clients of a database share `size` sessions of the server."""
    assert PGBOUNCER
    with psycopg.connect(os.environ["DATABASE_URL"]) as session:
        host, user = session.info.host, session.info.user
    server = postmaster(Path(os.environ["USHER_TEST_HOME"]) / "postgres")
    assert server
    folder, port = Path(tempfile.mkdtemp(prefix="usher-pool-", dir="/tmp")), free_port()
    (folder / "ini").write_text(
        CONFIGURATION.format(
            host=host, port=5432, user=user, listen_port=port, mode=mode, size=size, folder=folder
        )
    )
    try:
        with subprocess.Popen(
            [PGBOUNCER, "-q", str(folder / "ini")], **as_user_of(server, folder)
        ) as process:
            try:
                wait_until(lambda: process.poll() is not None or answers(port))
                assert process.poll() is None, (folder / "log").read_text()
                yield port
            finally:
                process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_user_of(server: psutil.Process, folder: Path) -> dict[str, object]:
    """PgBouncer refuses to run as root, and only the server's user reaches its socket then."""
    if os.geteuid() != 0:
        return {}
    user, group = server.uids().real, server.gids().real
    shutil.chown(folder, user, group)
    folder.chmod(0o755)
    groups = next(
        line for line in Path(f"/proc/{server.pid}/status").read_text().splitlines() if "Groups:" in line
    )
    return {"user": user, "group": group, "extra_groups": [int(each) for each in groups.split()[1:]]}


def answers(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://nobody@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def through(port: int, url: str) -> str:
    """The address of the same database, through the pool."""
    return f"postgresql://usher@127.0.0.1:{port}/{urlsplit(url).path.lstrip('/')}"
