"""One connection of a visitor: what it may send, how slowly, and how slowly it may read."""

import copy
import socket
from time import monotonic
from typing import TYPE_CHECKING

from django.core.signals import request_finished, request_started
from django.db import DatabaseError
from django.template.loader import render_to_string
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error, RequestEntityTooLarge

from usher.config.server import limits
from usher.web.body_size import FORM_BYTES

if TYPE_CHECKING:
    from waitress.adjustments import Adjustments


class RefusedUnread(Error):
    """The answer to a request whose body is not read, or not to its end. The connection is then closed."""

    is_page = False
    """Whether a browser asked; programs get the sentence alone."""

    def __init__(self, code: int, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.reason = reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        text = (
            render_to_string("web/refused_unread.html", {"refusal": self})
            if self.is_page
            else f"{self.body}\n"
        )
        kind = "text/html" if self.is_page else "text/plain"
        headers = [("Content-Type", f"{kind}; charset=utf-8"), ("Cache-Control", "no-store")]
        return f"{self.code} {self.reason}", headers, text.encode()


def too_large(most_bytes: int) -> RefusedUnread:
    size = f"{most_bytes >> 20} MB" if most_bytes >> 20 else f"{most_bytes >> 10} KB"
    return RefusedUnread(413, "Content Too Large", f"This address takes {size} at most.")


def too_slow() -> RefusedUnread:
    return RefusedUnread(408, "Request Timeout", "The request did not arrive in time. Send it again.")


def not_signed_in() -> RefusedUnread:
    return RefusedUnread(
        403, "Forbidden", "Only users who may import files can upload here. Sign in, then upload again."
    )


def no_database() -> RefusedUnread:
    return RefusedUnread(
        503, "Service Unavailable", "The database does not answer. Upload again in a minute."
    )


class IncomingRequest(HTTPRequestParser):
    """A request that is being received. It is refused as soon as its header shows that its body is too large."""

    adj: "Adjustments"
    error: Error | None
    expect_continue: bool

    awaits_admission = False
    expected_continue = False

    def __init__(self, adj: "Adjustments") -> None:
        super().__init__(adj)
        self.started = monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if not self.chunked and self.content_length <= FORM_BYTES:
            return
        limit = limits.body_limit(self.path)
        self.adj = copy.copy(self.adj)
        self.adj.max_request_body_size = limit.most_bytes + 1  # the size that is refused
        self.awaits_admission = limit.only_signed_in and (
            self.chunked or self.content_length <= limit.most_bytes
        )

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = too_large(self.adj.max_request_body_size - 1)
        if self.expect_continue and (self.error or self.awaits_admission):
            self.expected_continue = True
            self.expect_continue = False
        return consumed

    def is_late(self, now: float) -> bool:
        allowed = limits.HEADER_SECONDS
        if self.headers_finished:
            allowed += limits.BODY_SECONDS + self.body_bytes_received // limits.BODY_BYTES_PER_SECOND
        return now - self.started > allowed


class Admission:
    """Looks up, in a thread, whether the body of a request may be read: that takes a question to the database."""

    def __init__(self, channel: "VisitorChannel", request: IncomingRequest) -> None:
        self._channel = channel
        self._request = request

    def service(self) -> None:
        refusal = self._refusal()
        channel, request = self._channel, self._request
        with channel.requests_lock:
            if channel.request is not request:
                return
            request.awaits_admission = False
            request.started = monotonic()
            if refusal:
                channel.refuse(refusal)
            elif request.expected_continue:
                request.expect_continue = True
                if not channel.requests:
                    channel.send_continue()
        channel.server.pull_trigger()

    def _refusal(self) -> RefusedUnread | None:
        request_started.send(
            type(self)
        )  # Django closes connections to the database that are too old or broken
        try:
            allowed = limits.may_upload(self._request.path, self._request.headers)
        except DatabaseError:
            return no_database()
        finally:
            request_finished.send(type(self))
        return None if allowed else not_signed_in()

    def cancel(self) -> None:
        self._channel.will_close = True


class VisitorChannel(HTTPChannel):
    """Methods are called in the main loop of the process, with the exception of `service`."""

    parser_class = IncomingRequest
    request: IncomingRequest | None

    active_at = 0.0
    """When a byte came or went (monotonic)."""
    _refused = False
    _discards_since = 0.0
    _bytes_sent = 0
    _answer_since: tuple[float, int] | None = None

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.active_at = monotonic()
        self._had_request = False
        super().__init__(*args, **kwargs)

    # Receiving

    def readable(self) -> bool:
        if self._discards_since:
            return True
        if self.request is not None and self.request.awaits_admission:
            return False
        return bool(super().readable())

    def handle_read(self) -> None:
        if self._discards_since:
            try:
                self.recv(64 * 1024)  # closes at the end of the stream
            except OSError:
                self.handle_close()
            return
        self.active_at = monotonic()
        super().handle_read()

    def received(self, data: bytes) -> bool:
        received = bool(super().received(data))
        if self.request is not None and self.request.awaits_admission:  # nothing more is read until then
            self.server.add_task(Admission(self, self.request))
        return received

    def refuse(self, refusal: RefusedUnread) -> None:
        """Answers the request that is being received, and then closes. The caller holds `requests_lock`."""
        request, self.request = self.request, None
        assert request is not None
        request.error, request.completed = refusal, True
        if not request.headers_finished:
            request.version = "1.1"  # the header that would have said it has not come
        self.requests.append(request)
        if len(self.requests) == 1:
            self.server.add_task(self)

    # Answering

    def service(self) -> None:
        request = self.requests[0]
        self._had_request = True
        self._refused = bool(request.error)
        if isinstance(request.error, RefusedUnread):
            request.error.is_page = "text/html" in request.headers.get("ACCEPT", "")
        super().service()

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent: int = super().send(data, do_close=do_close)
        if sent:
            self._bytes_sent += sent
            self.active_at = monotonic()
        return sent

    def writable(self) -> bool:
        return not self._discards_since and bool(super().writable())

    def handle_close(self) -> None:
        """Closes at once, or after a refusal when the client has had time to read it.

        A socket that is closed with unread bytes is reset, and the client may lose the answer.
        """
        if self._refused and not self._discards_since and self.connected:
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            else:
                self._discards_since = monotonic()
                self.will_close = False
                return
        super().handle_close()

    def close_now(self) -> None:
        self._refused = False
        self.handle_close()

    # Time

    @property
    def is_at_work(self) -> bool:
        """A whole request is being answered, or its answer is on its way."""
        return bool(self.requests or self.total_outbufs_len)

    @property
    def waits_since(self) -> float:
        """Since when this connection has been sending a request, or has been idle (monotonic)."""
        return self.request.started if self.request else self.active_at

    def keep_time(self, now: float) -> None:
        """Ends what takes too long."""
        if self._discards_since:
            if now - self._discards_since > limits.DISCARD_SECONDS:
                self.handle_close()
        elif self.total_outbufs_len:
            since, sent_before = self._answer_since = self._answer_since or (now, self._bytes_sent)
            allowed = (
                limits.ANSWER_SECONDS + (self._bytes_sent - sent_before) // limits.ANSWER_BYTES_PER_SECOND
            )
            if now - self.active_at > limits.ANSWER_SECONDS or now - since > allowed:
                self.close_now()
        else:
            self._answer_since = None
            if not self.requests:
                self._end_late_request(now)

    def _end_late_request(self, now: float) -> None:
        request = self.request
        if request is None:
            allowed = limits.KEPT_ALIVE_SECONDS if self._had_request else limits.HEADER_SECONDS
            if now - self.active_at > allowed:
                self.handle_close()
        elif request.is_late(now) and not request.awaits_admission:
            with self.requests_lock:
                if self.request is request:
                    self.refuse(too_slow())
