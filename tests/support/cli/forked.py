"""Runs `usher …` in a process of its own that is forked from one that has imported everything already.

Starting Python and importing Django, the models and all libraries takes most of the time of a command. The child gets
its environment, standard streams and exit code like any other, and reads its settings itself.
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
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypedDict

NO_SETTINGS = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "USHER_HOME": "/nonexistent"}
"""Under which modules are imported before the fork. The child forgets them."""


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


def import_everything() -> None:
    from usher.cli import COMMANDS
    from usher.cli.runtime import set_up_django

    os.environ.update(NO_SETTINGS)
    set_up_django()
    for command in COMMANDS.values():
        importlib.import_module(f"usher.cli.{command.target.partition(':')[0]}")
    importlib.import_module("django.core.management.commands.migrate")
    importlib.import_module("rich.progress")


def forget_settings() -> None:
    """Those of before the fork. Django reads the new ones when it needs the first."""
    from django.conf import empty, settings
    from django.db import connections

    del sys.modules["usher.config.settings"]
    settings.__dict__.clear()
    settings.__dict__["_wrapped"] = empty
    connections.__dict__.pop("settings", None)
    connections._settings = None
    with suppress(AttributeError):
        del connections["default"]  # made by an import, to ask it what PostgreSQL can do


def serve() -> None:
    import_everything()
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
        forget_settings()
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
