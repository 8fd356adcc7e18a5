"""Running several `usher …` processes as one: they start together, and none outlives the others."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from usher.cli.errors import Failed
from usher.cli.stopping import calling_on_stop

PARENT_PIPE = "USHER_PARENT_PIPE"
STOP_WITHIN_SECONDS = 15
END_WITHIN_SECONDS = 30
"""With the embedded server, which stops after them."""


class Children:
    """Processes of Usher that this one has started."""

    def __init__(self, commands: list[list[str]], environment: dict[str, str], pipe: int) -> None:
        self._commands = commands
        self._environment = {**environment, PARENT_PIPE: str(pipe)}
        self._pipe = pipe
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        for command in self._commands:
            self._running[command[0]] = subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, "-m", "usher", *command],
                pass_fds=[self._pipe],
                env=self._environment,
                # Ctrl-C reaches the whole foreground group; the children are stopped by us, in order.
                start_new_session=True,
            )

    def stop(self) -> None:
        """Asks all of them to end, and kills those that take too long."""
        for child in self._running.values():
            child.terminate()
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for child in self._running.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._running.clear()

    def ended(self) -> str:
        """Says which process ended although nobody stopped it; empty while all of them run."""
        for name, child in self._running.items():
            if child.poll() is not None:
                return f"`usher {name}` ended by itself (exit code {child.returncode})."
        return ""


@contextmanager
def started(
    commands: list[list[str]], environment: dict[str, str]
) -> Iterator[tuple[Children, threading.Event]]:
    """Runs `usher …` processes for the block. Yields them, and an event that Ctrl-C or SIGTERM sets."""
    stop = threading.Event()
    with calling_on_stop(stop.set, within_seconds=END_WITHIN_SECONDS), _pipe_to_children() as pipe:
        children = Children(commands, environment, pipe)
        try:
            children.start()
            yield children, stop
        finally:
            children.stop()


def run_side_by_side(
    commands: list[list[str]], environment: dict[str, str], on_start: Callable[[], None] | None = None
) -> None:
    """Runs `usher …` processes until one of them ends or this one is told to stop; then stops them all."""
    with started(commands, environment) as (children, stop):
        if on_start:
            on_start()
        while not stop.is_set():
            if ended := children.ended():
                raise Failed(ended)
            stop.wait(0.3)


@contextmanager
def _pipe_to_children() -> Iterator[int]:
    """A pipe that closes when this process ends, however it ends. Children that read it then stop, too."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def end_with_parent() -> None:
    """Stops this process once the one that started it has ended, even by a kill."""
    pipe = os.environ.pop(PARENT_PIPE, None)
    if pipe is None:
        return

    def wait() -> None:
        os.read(int(pipe), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()
