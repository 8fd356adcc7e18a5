"""The same tools over standard input and output, for a program that starts Usher itself."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import anyio
from django.db import close_old_connections

from usher.assistants.caller import Caller, CallerSource, calls_by
from usher.assistants.server import mcp_server

AT_ONCE = 64 * 1024
STDIN = 0


def serve_stdio(source: CallerSource) -> None:
    """Until the input ends. What is printed elsewhere goes to standard error."""

    def fresh() -> Caller:
        close_old_connections()  # the database may have been restarted since the last call
        return source()

    with calls_by(fresh):
        anyio.run(mcp_server().run_stdio_async)


@contextmanager
def input_that_can_end() -> Iterator[Callable[[], None]]:
    """In here, standard input ends with its writer, or when what this gives is called.

    The SDK reads in a thread, and nothing but the end of the input wakes a thread that reads.
    """
    reader, writer = socket.socketpair()
    given = os.dup(STDIN)
    os.dup2(reader.fileno(), STDIN)
    threading.Thread(target=_copy, args=(given, writer), daemon=True).start()

    def end() -> None:
        with suppress(OSError):  # it has ended already
            writer.shutdown(socket.SHUT_WR)

    try:
        yield end
    finally:
        os.dup2(given, STDIN)
        reader.close()


def _copy(given: int, writer: socket.socket) -> None:
    with suppress(OSError):  # the other side has ended
        while data := os.read(given, AT_ONCE):
            writer.sendall(data)
        writer.shutdown(socket.SHUT_WR)
