"""The web server of `usher web` in a thread of this process, and sockets that misbehave."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from waitress import wasyncore
from waitress.task import ThreadedTaskDispatcher

from usher.config.server.worker import VisitorServer, visitor_server

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

Address = tuple[str, int]
THREADS = 2


@contextmanager
def serving(application: "WSGIApplication") -> Iterator[tuple[Address, VisitorServer]]:
    """As one process of `usher web`, with few threads."""
    listener = socket.create_server(("127.0.0.1", 0))
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(THREADS)
    sockets: dict[int, object] = {}
    server = visitor_server(application, listener, sockets, dispatcher)
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.05, use_poll=True, map=sockets, count=1)
            server.sweep()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listener.getsockname(), server
    finally:
        stop.set()
        thread.join()
        dispatcher.shutdown(timeout=5)
        wasyncore.close_all(sockets)


def connected(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=20)


def answer_to(address: Address, request: bytes) -> bytes:
    """All that the server sends until it closes."""
    with closing(connected(address)) as client:
        client.sendall(request)
        return rest_of(client)


def rest_of(client: socket.socket) -> bytes:
    received = b""
    while piece := client.recv(65536):
        received += piece
    return received


def was_hung_up(client: socket.socket) -> bool:
    """Whether the server closed without an answer: with a reset, where it had not read all that was sent."""
    try:
        return rest_of(client) == b""
    except ConnectionResetError:
        return True
