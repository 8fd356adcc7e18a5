"""What counts as an outage of the database, and how work outlives one."""

import asyncio
import logging
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory

from usher.config.failures import server_error
from usher.platform import outages
from usher.platform.database import NETWORK, database_settings
from usher.platform.outages import WithoutOutages, is_outage, is_refused_for_good, outlive, outlive_here


@pytest.fixture(autouse=True)
def _pauses_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(outages, "LONGEST_PAUSE", 0.05)


def refused() -> psycopg.OperationalError:
    """As a server that is not there."""
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect("postgresql://127.0.0.1:9/none", connect_timeout=1)
    return caught.value


def test_what_a_server_says_that_goes_away_is_an_outage() -> None:
    for kind in (
        psycopg.errors.AdminShutdown,
        psycopg.errors.CrashShutdown,
        psycopg.errors.CannotConnectNow,
        psycopg.errors.TooManyConnections,
        psycopg.errors.ReadOnlySqlTransaction,
        psycopg.errors.ConnectionException,
    ):
        assert is_outage(kind("")), kind
    assert is_outage(refused())
    assert is_outage(ExceptionGroup("several", [ValueError(), refused()]))
    wrapped = OperationalError("wrapped by Django")
    wrapped.__cause__ = refused()
    assert is_outage(wrapped)


def test_what_a_server_says_that_is_there_is_none() -> None:
    for kind in (
        psycopg.errors.UniqueViolation,
        psycopg.errors.QueryCanceled,
        psycopg.errors.LockNotAvailable,
        psycopg.errors.DeadlockDetected,
        psycopg.errors.DiskFull,
    ):
        assert not is_outage(kind("")), kind
    assert not is_outage(ValueError("connection"))


def test_a_wrong_password_is_not_waited_for_but_a_server_that_starts_is() -> None:
    wrong = psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "u"')
    starts = psycopg.OperationalError("connection failed: FATAL:  the database system is starting up")
    assert is_refused_for_good(wrong)
    assert not is_refused_for_good(starts)
    with pytest.raises(psycopg.OperationalError, match="password"):
        asyncio.run(outages.wait_for_database(wrong))


@pytest.mark.django_db(transaction=True)
def test_work_begins_again_after_each_outage_and_its_connection_is_made_anew() -> None:
    tries = []

    def work() -> int:
        tries.append(1)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            process = cursor.fetchone()[0]
            if len(tries) < 3:
                cursor.execute("SELECT pg_terminate_backend(%s)", [process])
            return int(process)

    assert outlive_here(work, at_most=30) > 0
    assert len(tries) == 3


def test_an_outage_that_is_too_long_is_raised_and_said_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    error, calls = refused(), []
    connection_parameters = {"conninfo": "postgresql://127.0.0.1:9/none", "connect_timeout": 1}

    async def work() -> None:
        calls.append(1)
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(outages, "session_params", lambda: connection_parameters)
        patched.setattr(outages, "announcer", outages._Announcer())
        with pytest.raises(psycopg.OperationalError):
            asyncio.run(outlive(work, at_most=0.5))
    assert len(calls) == 1
    (line,) = [record.getMessage() for record in caplog.records if record.name == outages.__name__]
    assert line.startswith("The database does not answer: ")
    assert "up to 0 s" in line
    assert "\n" not in line


def test_records_of_an_outage_are_left_out_of_the_log() -> None:
    def record(error: Exception) -> logging.LogRecord:
        return logging.LogRecord("any", logging.ERROR, "", 0, "failed", (), (type(error), error, None))

    assert not WithoutOutages().filter(record(refused()))
    assert WithoutOutages().filter(record(ValueError()))


@pytest.mark.parametrize(
    ("path", "content_type", "word"),
    [
        ("/people/", "text/html; charset=utf-8", "The database does not answer"),
        ("/api/v1/cases", "application/problem+json", '"remedy"'),
        ("/scim/v2/Users", "application/scim+json", "urn:ietf:params:scim:api:messages:2.0:Error"),
    ],
)
def test_a_request_is_answered_in_its_own_form(path: str, content_type: str, word: str) -> None:
    try:
        raise refused()
    except psycopg.OperationalError:
        answer = server_error(RequestFactory().get(path))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer["Content-Type"] == content_type
    assert word in answer.content.decode()


def test_another_failure_stays_an_error_500() -> None:
    try:
        raise ValueError
    except ValueError:
        assert server_error(RequestFactory().get("/people/")).status_code == 500


def test_every_connection_notices_a_network_that_drops_everything(db: None) -> None:
    options = database_settings("postgresql://ada@db.example.com/usher?connect_timeout=9")["OPTIONS"]
    assert options == {**NETWORK, "connect_timeout": "9"} or options == {**NETWORK, "connect_timeout": 9}
    assert connection.get_connection_params()["tcp_user_timeout"] == NETWORK["tcp_user_timeout"]


DROP_EVERYTHING = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A socket filter of one instruction: nothing that arrives is taken, not even acknowledged."""


class SilentProxy:
    """Between a client and the server of the tests. Once it is silent, not even its kernel answers a packet."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        socket_file = f"{connection.get_connection_params()['host']}/.s.PGSQL.5432"
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(socket_file)
            self._sockets += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass

    def be_silent(self) -> None:
        """As a network that drops everything without a word."""
        import ctypes

        program = ctypes.create_string_buffer(DROP_EVERYTHING)
        filters = struct.pack("HL", 1, ctypes.addressof(program))
        for each in self._sockets:
            if each.family == socket.AF_INET:
                each.setsockopt(socket.SOL_SOCKET, 26, filters)  # SO_ATTACH_FILTER

    def close(self) -> None:
        for each in (self._listening, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # a thread that waits for data would keep it open
            each.close()


@contextmanager
def silent_proxy() -> Iterator[SilentProxy]:
    proxy = SilentProxy()
    try:
        yield proxy
    finally:
        proxy.close()


def test_a_query_over_a_network_that_drops_everything_fails_instead_of_hanging(db: None) -> None:
    short = "tcp_user_timeout=1500&keepalives_idle=1&keepalives_interval=1"
    with silent_proxy() as proxy:
        name = connection.settings_dict["NAME"]
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/{name}?{short}"
        settings = database_settings(url)
        assert urlsplit(url).port == settings["PORT"]
        options = settings["OPTIONS"]
        assert isinstance(options, dict)
        with psycopg.connect(
            host="127.0.0.1", port=proxy.port, dbname=name, user="postgres", **options
        ) as session:
            session.execute("SELECT 1")
            proxy.be_silent()
            with pytest.raises(psycopg.OperationalError) as caught:
                session.execute("SELECT 1")
        assert is_outage(caught.value)


def test_nobody_waits_much_longer_than_an_outage_lasts() -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(outages, "FIRST_PAUSE", 0.25)
        patched.setattr(outages, "LONGEST_PAUSE", 10.0)
        lasted = waited = 0.0
        while lasted < 60:
            pause = outages.pause_after(lasted)
            assert pause <= max(0.32, lasted * 0.13)
            lasted, waited = lasted + pause, waited + 1
        assert waited < 60, "and it is not asked all the time"
        assert outages.pause_after(3600) <= 12.5
