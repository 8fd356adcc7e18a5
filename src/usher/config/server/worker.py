"""A process of the web server: waitress's loop, supervised by gunicorn."""

import os
import socket
from collections.abc import Callable
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from usher.config.server import limits
from usher.config.server.channel import VisitorChannel
from usher.config.traces import start_traces_if_wanted
from usher.web.body_size import FORM_BYTES

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

SWEEP_SECONDS = 1


class VisitorServer(TcpWSGIServer):
    """Accepts connections, and ends those that take too long."""

    channel_class = VisitorChannel
    active_channels: dict[int, VisitorChannel]
    _swept_at = 0.0

    def maintenance(self, now: float) -> None:
        """Nothing: waitress calls it by the clock of the day, which can jump. See `sweep`."""

    def sweep(self) -> None:
        now = monotonic()
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        for channel in list(self.active_channels.values()):
            channel.keep_time(now)

    def handle_accept(self) -> None:
        if len(self.active_channels) >= limits.MOST_CONNECTIONS:
            self._make_room()
        super().handle_accept()

    def _make_room(self) -> None:
        waiting = [channel for channel in self.active_channels.values() if not channel.is_at_work]
        if waiting:
            min(waiting, key=lambda channel: channel.waits_since).close_now()

    def stop_accepting(self) -> None:
        self.accepting = False
        self.del_channel()
        self.socket.close()

    def close_idle(self) -> bool:
        """Closes connections without a whole request. Returns whether others are left."""
        for channel in list(self.active_channels.values()):
            if not channel.is_at_work:
                channel.close_now()
        return bool(self.active_channels)


def visitor_server(
    application: "WSGIApplication",
    listener: socket.socket,
    sockets: dict[int, object],
    dispatcher: ThreadedTaskDispatcher,
) -> VisitorServer:
    """Serves `application` on a socket that is bound already. Enters itself and its connections into `sockets`."""
    options = Adjustments(
        sockets=[listener],
        ident=None,
        # Django and USHER_BASE_URL decide which headers of a proxy count.
        clear_untrusted_proxy_headers=False,
        max_request_header_size=limits.HEADER_BYTES,
        max_request_body_size=FORM_BYTES + 1,  # the size that is refused; see IncomingRequest for others
        outbuf_high_watermark=limits.WAITING_ANSWER_BYTES,
        connection_limit=2 * limits.MOST_CONNECTIONS,  # never reached: see VisitorServer
        log_socket_errors=False,
    )
    return VisitorServer(
        application,
        map=sockets,
        _sock=listener,
        dispatcher=dispatcher,
        adj=options,
        bind_socket=False,
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
    )


class BufferingWorker(Worker):
    """Receives requests and sends answers in one loop, and runs Django in `threads`."""

    _wake: Callable[[], None] = staticmethod(lambda: None)

    def run(self) -> None:
        from usher.insights.health.kept_counts import counts_kept  # models, which need the settings

        start_traces_if_wanted("usher-web")  # after the fork, as what follows
        with counts_kept():
            self._serve()

    def _serve(self) -> None:
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(self.cfg.threads)
        sockets: dict[int, object] = {}
        servers = [visitor_server(self.wsgi, listener.sock, sockets, dispatcher) for listener in self.sockets]
        self._wake = servers[0].pull_trigger
        while self.alive and self.ppid == os.getppid():
            self._turn(servers, sockets, wait=SWEEP_SECONDS)
        for server in servers:
            server.stop_accepting()
        until = monotonic() + self.cfg.graceful_timeout
        while monotonic() < until:
            if not sum(server.close_idle() for server in servers):
                break
            self._turn(servers, sockets, wait=0.1)
        dispatcher.shutdown(timeout=1)

    def _turn(self, servers: list[VisitorServer], sockets: dict[int, object], wait: float) -> None:
        self.notify()
        wasyncore.loop(timeout=wait, use_poll=True, map=sockets, count=1)
        for server in servers:
            server.sweep()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._wake()  # the loop may be waiting for a visitor
