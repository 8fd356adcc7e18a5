"""Spans are sent where an OTLP endpoint is set, and hold nothing about people."""

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import connection as database
from django.test import Client
from pytest_django import Settings

from usher.asana import CallSeen
from usher.connections.observing import observer, route_of
from usher.platform.following import tracing
from usher.platform.following.statement_spans import trace_statements
from usher.platform.proxies import trusted_proxies

export = pytest.importorskip("opentelemetry.sdk.trace.export")
in_memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans() -> Iterator[object]:
    exporter = in_memory.InMemorySpanExporter()
    tracing.start_traces("usher-test", export.SimpleSpanProcessor(exporter))
    try:
        yield exporter
    finally:
        tracing.stop_traces()


@pytest.fixture
def traced_database(spans: object) -> Iterator[None]:
    trace_statements(database)
    yield
    database.execute_wrappers.clear()


def ended(exporter: object) -> list[object]:
    return list(exporter.get_finished_spans())  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_request_has_a_span_with_its_statements_below_it(
    client: Client, spans: object, traced_database: None
) -> None:
    answer = client.get("/healthz?who=ann@example.com")
    statement, request = ended(spans)
    assert request.name == "GET health"
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["usher.request_id"] == answer.headers["X-Request-ID"]
    assert statement.name == "SELECT"
    assert statement.attributes["db.query.text"] == "SELECT 1"
    assert statement.parent.span_id == request.context.span_id
    assert "ann" not in request.to_json() + statement.to_json()


@pytest.mark.django_db
def test_a_statement_has_no_values(spans: object, traced_database: None) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT %s, %s", ["ann@example.com", 1204567890123456])
    (statement,) = ended(spans)
    assert statement.attributes["db.query.text"] == "SELECT %s, %s"
    assert "ann" not in statement.to_json()


@pytest.mark.urls("tests.support.web.style_page")
def test_what_fails_says_what_kind_of_error_it_was_and_not_its_text(spans: object) -> None:
    Client(raise_request_exception=False).get("/broken/")
    (request,) = ended(spans)
    assert request.status.status_code.name == "ERROR"
    assert "on purpose" not in request.to_json()


@pytest.mark.parametrize(("peer", "is_taken"), [("10.0.0.5", True), ("192.0.2.1", False)])
@pytest.mark.urls("tests.support.web.style_page")
def test_a_trace_is_continued_for_a_trusted_proxy_alone(
    spans: object, settings: Settings, peer: str, is_taken: bool
) -> None:
    settings.USHER_TRUSTED_PROXIES = trusted_proxies("10.0.0.0/8")
    parent = f"00-{TRACE}-b7ad6b7169203331-01"
    Client().get("/style/", headers={"traceparent": parent}, REMOTE_ADDR=peer)
    (request,) = ended(spans)
    assert (f"{request.context.trace_id:032x}" == TRACE) is is_taken


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/users/1204567890123456/team_memberships", "/users/{}/team_memberships"),
        ("/users/ann@example.com", "/users/{}"),
        ("/workspaces/12/tasks/search", "/workspaces/{}/tasks/search"),
        ("/users/me", "/users/me"),
    ],
)
def test_a_call_to_asana_has_no_gid_and_no_address(spans: object, path: str, route: str) -> None:
    assert route_of(path) == route
    for status in (200, 429, None):
        observer(7)(CallSeen(began=1_790_000_000.5, seconds=0.25, method="GET", path=path, status=status))
    calls = ended(spans)
    assert {call.name for call in calls} == {f"Asana GET {route}"}
    assert [call.status.status_code.name for call in calls] == ["UNSET", "ERROR", "ERROR"]
    assert calls[0].end_time - calls[0].start_time == 250_000_000


class _Receiver(BaseHTTPRequestHandler):
    taken: list[tuple[str, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.taken.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_process_sends_its_spans_to_the_endpoint_before_it_ends() -> None:
    _Receiver.taken.clear()
    with HTTPServer(("127.0.0.1", 0), _Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        program = (
            "from usher.platform.following import tracing\n"
            "assert tracing.start_traces('usher-worker')\n"
            "with tracing.span('Job usher.x', kind='consumer'): pass\n"
        )
        address = f"http://127.0.0.1:{server.server_port}"
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"OTEL_EXPORTER_OTLP_ENDPOINT": address, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=False,
        )
        server.shutdown()
    assert done.returncode == 0, done.stderr.decode()
    ((path, body),) = _Receiver.taken
    assert path == "/v1/traces"
    assert b"Job usher.x" in body
    assert b"usher-worker" in body


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported() -> None:
    program = (
        "import sys\n"
        "from usher.platform.following import tracing\n"
        "assert not tracing.start_traces('usher-web')\n"
        "with tracing.span('x') as span: span.note('a', 1); span.failed()\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]\n"
    )
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path)}, check=True)


def test_a_service_runs_without_traces_where_the_extra_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from usher.config.traces import start_traces_if_wanted

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    start_traces_if_wanted("usher-web")
    assert "Install usher-seats[otel]" in caplog.text
    assert not tracing.is_traced()
