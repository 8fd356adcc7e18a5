"""A standby that streams from a server of one's own."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.support.cli.running import wait_until
from tests.support.outages.server import OwnServer
from tests.support.pool.pgbouncer import as_user_of
from tests.support.ports import free_port
from usher.platform.embedded import postmaster


class Standby:
    def __init__(self, server: OwnServer, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        process = postmaster(server.folder)
        assert process
        self._programs = Path(process.exe()).parent
        self._as_user = as_user_of(process, folder)
        with psycopg.connect(server.url) as session:
            socket, user = session.info.host, session.info.user
        self._run("pg_basebackup", "-h", socket, "-U", user, "-D", str(folder / "pg"), "-R", "-c", "fast")
        self.url = f"postgresql://{user}@127.0.0.1:{self.port}{urlsplit(server.url).path}"
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([str(self._programs / program), *arguments], check=True, **self._as_user)

    def start(self) -> None:
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-k", ""]
        with (self._folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self._folder / "pg"), *place],
                stdout=log,
                stderr=log,
                **self._as_user,
            )
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            self("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    def __call__(self, query: str) -> object:
        with psycopg.connect(self.url, autocommit=True) as session:
            row = session.execute(query).fetchone()  # type: ignore[arg-type]
        return row and row[0]


@contextmanager
def standby(server: OwnServer) -> Iterator[Standby]:
    folder = Path(tempfile.mkdtemp(prefix="usher-standby-", dir="/tmp"))
    made = Standby(server, folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
