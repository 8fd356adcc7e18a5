"""Runs `usher …` in a process of its own that is forked from one that has imported the libraries already.

Starting Python and importing Django, psycopg and httpx takes most of the time of a command. Nothing that reads a
setting is imported before the fork: the child gets its environment, standard streams and exit code like any other.
"""

import atexit
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NoReturn, TypedDict

# What commands import before they know their settings. No module with models: these need Django's settings.
IMPORTED = [
    "cryptography.fernet",
    "django.contrib.postgres.fields",
    "django.core.management.commands.migrate",
    "django.core.validators",
    "django.db.backends.postgresql.base",
    "django.db.migrations.executor",
    "django.db.models",
    "django.forms",
    "django.template.backends.django",
    "django.test.signals",
    "django_stubs_ext",
    "httpx",
    "msgspec",
    "procrastinate",
    "psycopg",
    "psycopg_pool",
    "rich.progress",
    "rich.table",
    "usher.asana",
    "usher.cli",
    "usher.cli.output",
]


class Order(TypedDict):
    arguments: list[str]
    environment: dict[str, str]
    folder: str


class ForkingUsher:
    """Started once in a test process; it ends with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._one_at_a_time = threading.Lock()
        atexit.register(self._end)

    def _end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def run(
        self, arguments: list[str], given: str, environment: dict[str, str], seconds: float
    ) -> "subprocess.CompletedProcess[str]":
        folder = Path(tempfile.mkdtemp(prefix="usher-command-"))
        try:
            (folder / "stdin").write_text(given)
            leader = self._start({"arguments": arguments, "environment": environment, "folder": str(folder)})
            deadline = time.monotonic() + seconds
            while not (folder / "code").exists():
                if time.monotonic() > deadline:
                    os.killpg(leader, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(["usher", *arguments], seconds)
                time.sleep(0.005)
            return subprocess.CompletedProcess(
                ["usher", *arguments],
                int((folder / "code").read_text()),
                (folder / "stdout").read_text(),
                (folder / "stderr").read_text(),
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self, order: Order) -> int:
        """The leader of the command's process group."""
        assert self._process.stdin
        assert self._process.stdout
        with self._one_at_a_time:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


_forking: ForkingUsher | None = None


def forking_usher() -> ForkingUsher:
    global _forking
    if _forking is None:
        _forking = ForkingUsher()
    return _forking


def serve() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # leaders of commands are reaped by the system
    for line in sys.stdin:
        leader = os.fork()
        if leader == 0:
            lead(json.loads(line))
        print(leader, flush=True)


def lead(order: Order) -> NoReturn:
    """Runs the command in a child and leaves its exit code in the folder."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    command = os.fork()
    if command == 0:
        become(order)
    code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    folder = Path(order["folder"])
    (folder / "new-code").write_text(str(code))
    (folder / "new-code").rename(folder / "code")
    os._exit(0)


def become(order: Order) -> NoReturn:
    code = 1
    try:
        folder = Path(order["folder"])
        for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
            with (folder / name).open(mode) as opened:
                os.dup2(opened.fileno(), number)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(order["environment"])
        time.tzset()
        sys.argv = ["usher", *order["arguments"]]
        from usher.__main__ import main

        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
