"""For every line on its input: a process of its own that runs what is due, and kills itself at a given point.

A line holds the key of a connection and the number of a point, or words: the first point that has them. Points are
passed before and after every request to Asana, every writing statement and every commit of a transaction: number 1
is the first. 0 is never reached.
Prints `killed at …` with words for the point, or `ended` where the run came to its end before.

After `cut`, the process lives: at the point, all its sessions with the database are broken off, and it goes on when
the database is back. Prints `cut at …` then.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import httpx
import psycopg

from usher.cli.runtime import set_up_django

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"


class Points:
    """Counts what is passed, and kills the process at one of them."""

    def __init__(self, last: str, tell: int) -> None:
        self._is_cut = last.startswith("cut ")
        self._last = last.removeprefix("cut ")
        self._tell = tell
        self._passed = 0
        self.was_cut = False

    def passed(self, what: str) -> None:
        self._passed += 1
        if self._last == str(self._passed) or (not self._last.isdigit() and self._last in what):
            self._last = "0"
            if self._is_cut:
                self.was_cut = True
                os.write(self._tell, f"cut at {what}".encode())
                cut_off()
            else:
                os.write(self._tell, f"killed at {what}".encode())
                os.kill(os.getpid(), signal.SIGKILL)


def own_name() -> str:
    return f"cases-{os.getpid()}"


def cut_off() -> None:
    """Breaks off every session of this process, as a server does that goes away."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, application_name="cut") as admin:
        admin.execute(CUT, [own_name()])


def watch(points: Points) -> None:
    """Has every way out of this process pass its points."""
    from django.db.backends.postgresql.base import DatabaseWrapper
    from django.db.backends.signals import connection_created

    send = httpx.AsyncClient.send

    async def watched_send(
        client: httpx.AsyncClient, request: httpx.Request, **options: Any
    ) -> httpx.Response:
        points.passed(f"before {request.method} {request.url.path}")
        response = await send(client, request, **options)
        points.passed(f"after {request.method} {request.url.path}")
        return response

    def watched_statement(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        is_write = sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        if is_write:
            points.passed(f"before {sql[:60]}")
        result = execute(sql, params, many, context)
        if is_write:
            points.passed(f"after {sql[:60]}")
        return result

    commit = DatabaseWrapper._commit

    def watched_commit(wrapper: DatabaseWrapper) -> Any:
        points.passed("before a commit")
        result = commit(wrapper)
        points.passed("after a commit")
        return result

    def on_created(connection: DatabaseWrapper, **_: object) -> None:
        connection.execute_wrappers.append(watched_statement)

    httpx.AsyncClient.send = watched_send  # type: ignore[method-assign,assignment]
    DatabaseWrapper._commit = watched_commit  # type: ignore[method-assign]
    connection_created.connect(on_created, weak=False)


def run(connection_id: int, last: str, tell: int) -> None:
    from django.db import connection

    from usher.platform.outages import outlive
    from usher.removal.execution.runner import run_due

    connection.settings_dict["OPTIONS"]["application_name"] = own_name()
    points = Points(last, tell)
    watch(points)
    asyncio.run(outlive(lambda: run_due(connection_id, wait=True), at_most=60))
    if not points.was_cut:
        os.write(tell, b"ended")


def main() -> None:
    set_up_django()
    import usher.removal.execution.runner  # noqa: F401  # once, not in every fork

    for line in sys.stdin:
        connection_id, _, last = line.strip().partition(" ")
        reader, tell = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reader)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in range(2):
                os.dup2(nowhere, stream)
            run(int(connection_id), last, tell)
            os._exit(0)
        os.close(tell)
        with os.fdopen(reader) as report:
            words = report.read()
        os.waitpid(process, 0)
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
