"""Half-sent, slow and oversized requests, and slow readers, on real sockets. None may keep others waiting."""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from django.urls import reverse

from tests.support.cli.running import wait_until
from tests.support.web.visitors import Address, answer_to, connected, rest_of, serving, was_hung_up
from usher.access.models import User
from usher.access.roles import UserRole
from usher.config.server import limits, worker
from usher.config.server.channel import IncomingRequest
from usher.web.body_size import FORM_BYTES

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

MEGABYTE = 1024 * 1024
UPLOAD = "/directory/imports/upload/"
PING = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(autouse=True)
def _sweeps_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.05)


def plain_application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/healthz":
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    start_response("200 OK", [])
    return (b"x" * MEGABYTE for _ in range(20))


@pytest.fixture
def address() -> Iterator[Address]:
    """Of a server whose application needs no database."""
    with serving(plain_application) as (address, _):
        yield address


@pytest.fixture
def usher(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    """Of a server that runs Usher."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)  # threads leave none behind
    with serving(get_wsgi_application()) as (address, _):
        yield address


def request(path: str, size: int, *headers: str) -> bytes:
    """The header of a POST with a body of `size` bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {size}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return "Cookie: " + "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def test_half_sent_headers_and_bodies_keep_nobody_waiting(address: Address) -> None:
    with ExitStack() as held:
        for number in range(50):
            client = held.enter_context(closing(connected(address)))
            client.sendall(PING[:30] if number % 2 else request("/sign-in/", 1000) + b"half")
        assert answer_to(address, PING).startswith(b"HTTP/1.1 200")


def test_a_header_that_does_not_end_is_answered_with_408(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HEADER_SECONDS", 0.2)
    with closing(connected(address)) as client:
        client.sendall(PING[:30])
        assert rest_of(client).startswith(b"HTTP/1.1 408")


def test_a_body_that_drips_is_answered_with_408_although_bytes_keep_coming(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HEADER_SECONDS", 0.1)
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.2)
    with closing(connected(address)) as client:
        client.sendall(request("/sign-in/", 1000))
        client.settimeout(0.05)
        answer = b""
        deadline = time.monotonic() + 20
        while not answer and time.monotonic() < deadline:
            client.sendall(b"x")
            try:
                answer = client.recv(1000)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408")


def test_a_large_body_that_comes_at_a_fair_speed_may_take_longer_than_a_small_one() -> None:
    received = IncomingRequest.__new__(IncomingRequest)
    received.started, received.headers_finished = 0.0, True
    received.body_bytes_received = 60 * limits.BODY_BYTES_PER_SECOND
    soon = limits.HEADER_SECONDS + limits.BODY_SECONDS
    assert not received.is_late(soon + 59)
    assert received.is_late(soon + 61)


def test_a_connection_that_says_nothing_is_closed(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEADER_SECONDS", 0.2)
    with closing(connected(address)) as client:
        assert rest_of(client) == b""


@pytest.mark.parametrize("path", ["/sign-in/", "/healthz", "/no/such/page/", "/welcome/x/"])
def test_a_body_of_200_mb_is_refused_before_it_is_read(address: Address, path: str) -> None:
    with closing(connected(address)) as client:
        client.sendall(request(path, 200 * MEGABYTE))  # and not one byte of it
        answer = rest_of(client)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"Connection: close" in answer
    assert b"512 KB" in answer


def test_who_sends_on_after_a_refusal_can_still_read_it(address: Address) -> None:
    """Otherwise the kernel resets the connection, and browsers show an error of their own."""
    with closing(connected(address)) as client:
        client.sendall(request("/sign-in/", 200 * MEGABYTE, "Accept: text/html") + b"x" * 4 * MEGABYTE)
        answer = rest_of(client)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"</html>" in answer


def test_who_waits_for_a_go_ahead_hears_the_refusal_instead(address: Address) -> None:
    answer = answer_to(address, request("/sign-in/", 200 * MEGABYTE, "Expect: 100-continue"))
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_of_unknown_size_ends_at_the_limit(address: Address) -> None:
    header = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with closing(connected(address)) as client:
        client.sendall(header + chunk * (FORM_BYTES // 0x10000 + 1))
        assert rest_of(client).startswith(b"HTTP/1.1 413")


def test_strangers_cannot_upload_where_users_can(usher: Address) -> None:
    for headers in ([], ["Cookie: sessionid=guessed"]):
        answer = answer_to(usher, request(UPLOAD, 20 * MEGABYTE, *headers))
        assert answer.startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(("role", "active"), [(UserRole.VIEWER, True), (UserRole.OPERATOR, False)])
def test_who_may_not_import_cannot_upload(usher: Address, user: User, role: UserRole, active: bool) -> None:
    cookie = cookie_of(user)
    User.objects.filter(pk=user.pk).update(role=role, is_active=active)
    assert answer_to(usher, request(UPLOAD, 20 * MEGABYTE, cookie)).startswith(b"HTTP/1.1 403")


def test_an_upload_reaches_the_page_whole_and_one_that_waits_gets_its_go_ahead(
    usher: Address, user: User
) -> None:
    body = b"x" * (3 * MEGABYTE)
    with closing(connected(usher)) as client:
        client.sendall(request(UPLOAD, len(body), cookie_of(user), "Expect: 100-continue"))
        assert client.recv(1000).startswith(b"HTTP/1.1 100")
        client.sendall(body)
        client.shutdown(socket.SHUT_WR)
        # The page has read the form, and misses the token of its own forms.
        assert client.recv(1000).startswith(b"HTTP/1.1 403")


def test_the_pages_with_files_are_those_that_take_large_bodies() -> None:
    assert limits.body_limit(reverse("directory:upload")).only_signed_in
    assert limits.body_limit(reverse("console:upload")).only_signed_in
    assert limits.body_limit(reverse("dashboard")) == (FORM_BYTES, False)
    assert limits.body_limit("/api/v1/people")[0] > FORM_BYTES
    assert limits.body_limit("/\xff\x00").most_bytes == FORM_BYTES


def test_slow_readers_of_a_large_answer_keep_no_thread_and_are_cut_off_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(plain_application) as (address, server), ExitStack() as held:
        readers = [held.enter_context(closing(connected(address))) for _ in range(8)]
        for reader in readers:
            reader.sendall(b"GET /export HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer_to(address, PING).startswith(b"HTTP/1.1 200")
        assert len(rest_of(readers.pop())) > 20 * MEGABYTE  # who reads gets all of it

        monkeypatch.setattr(limits, "ANSWER_SECONDS", 0.2)
        wait_until(lambda: not server.active_channels)


def test_beyond_the_most_connections_the_oldest_half_sent_request_goes(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_CONNECTIONS", 5)
    with ExitStack() as held:
        clients = [held.enter_context(closing(connected(address))) for _ in range(8)]
        for client in clients:
            client.sendall(PING[:20])
        assert answer_to(address, PING).startswith(b"HTTP/1.1 200")
        assert was_hung_up(clients[0])
        clients[-1].sendall(PING[20:])
        assert rest_of(clients[-1]).startswith(b"HTTP/1.1 200")
