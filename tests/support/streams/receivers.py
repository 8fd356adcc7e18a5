"""Receivers of event streams on this machine, which speak what the real ones speak and keep what they take."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from tests.support.http_server import serving

Answer = tuple[int, dict[str, str], bytes]


def _json(status: int, document: object, **headers: str) -> Answer:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(document).encode()


@dataclass
class HttpReceiver:
    """`fails`: answers that come instead of the next ones. `longest`: bytes, beyond which it answers 413."""

    url: str = ""
    token: str = "right"
    fails: list[Answer] = field(default_factory=list)
    longest: int = 100_000_000
    requests: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    """The events, as they were sent, in the order of coming."""
    ids: list[str] = field(default_factory=list)

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self.requests += 1
        if self.fails:
            return self.fails.pop(0)
        if len(body) > self.longest:
            return 413, {}, b""
        return self.take(path, {name.lower(): value for name, value in headers.items()}, body)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        raise NotImplementedError


@dataclass
class LinesServer(HttpReceiver):
    """`taken` has the objects; it wants a bearer token."""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, {}, b""
        self.taken += [json.loads(line) for line in body.splitlines()]
        return 204, {}, b""


@dataclass
class SplunkHec(HttpReceiver):
    """HEC (docs.splunk.com, “Format events for HTTP Event Collector” and “About HTTP Event Collector Indexer
    Acknowledgment”). With `acknowledges`, events count from the moment when they are indexed: after `asked_in_vain`.
    """

    acknowledges: bool = False
    asked_in_vain: int = 0
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    _not_indexed: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != f"Splunk {self.token}":
            return _json(403, {"text": "Invalid token", "code": 4})
        if path.startswith("/services/collector/ack?channel="):
            return self._acknowledge(json.loads(body)["acks"])
        if path != "/services/collector/event":
            return _json(404, {"text": "Not found", "code": 404})
        if self.acknowledges and not headers.get("x-splunk-request-channel"):
            return _json(400, {"text": "Data channel is missing", "code": 10})
        sent = _concatenated(body.decode())
        if not self.acknowledges:
            self._index(sent)
            return _json(200, {"text": "Success", "code": 0})
        number = len(self._not_indexed)
        self._not_indexed[number] = sent
        return _json(200, {"text": "Success", "code": 0, "ackId": number})

    def _acknowledge(self, numbers: list[int]) -> Answer:
        if self.asked_in_vain:
            self.asked_in_vain -= 1
            return _json(200, {"acks": {str(number): False for number in numbers}})
        for number in numbers:
            self._index(self._not_indexed.pop(number))
        return _json(200, {"acks": {str(number): True for number in numbers}})

    def _index(self, sent: list[dict[str, Any]]) -> None:
        self.envelopes += sent
        self.taken += [envelope["event"] for envelope in sent]
        self.ids += [envelope["fields"]["event_id"] for envelope in sent]


def _concatenated(text: str) -> list[dict[str, Any]]:
    """JSON objects one after the other, as HEC takes them."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        found.append(document)
        while at < len(text) and text[at].isspace():
            at += 1
    return found


@dataclass
class ElasticBulk(HttpReceiver):
    """The bulk API with `create`: 201, 409 where the id is there already, 400 for what the mapping does not take."""

    index: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused_fields: set[str] = field(default_factory=set)
    created: int = 0

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != f"ApiKey {self.token}":
            return _json(401, {"error": {"type": "security_exception"}})
        if path != "/_bulk" or headers.get("content-type") != "application/x-ndjson" or body[-1:] != b"\n":
            return _json(400, {"error": {"type": "illegal_argument_exception"}})
        lines = [json.loads(line) for line in body.splitlines()]
        items = [
            self._create(action["create"], document)
            for action, document in zip(lines[::2], lines[1::2], strict=True)
        ]
        errors = any(item["create"]["status"] >= 300 for item in items)
        return _json(200, {"errors": errors, "took": 1, "items": items})

    def _create(self, action: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
        assert action["_index"] and "@timestamp" in document
        if self.refused_fields & document.keys():
            error = {"type": "document_parsing_exception", "reason": "failed to parse field"}
            return {"create": {"status": 400, "error": error}}
        if action["_id"] in self.index:
            return {
                "create": {
                    "status": 409,
                    "error": {"type": "version_conflict_engine_exception", "reason": ""},
                }
            }
        self.index[action["_id"]] = document
        self.taken.append(document)
        self.created += 1
        return {"create": {"status": 201}}


@dataclass
class DatadogIntake(HttpReceiver):
    """Logs, v2: at most 1,000 and 5 MB in a request."""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("dd-api-key") != self.token:
            return _json(403, {"errors": [{"status": "403"}]})
        if path != "/api/v2/logs":
            return _json(404, {})
        raw = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        logs = json.loads(raw)
        if len(logs) > 1000 or len(raw) > 5_000_000:
            return _json(413, {})
        self.taken += [json.loads(log["message"]) for log in logs]
        return _json(202, {})


class _Handler(BaseHTTPRequestHandler):
    receiver: ClassVar[HttpReceiver]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # http.server's name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, content = self.receiver.answer(self.path, dict(self.headers.items()), body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def served(receiver: HttpReceiver) -> Iterator[HttpReceiver]:
    handler = type("Handler", (_Handler,), {"receiver": receiver, "disable_nagle_algorithm": True})
    with serving(handler) as receiver.url:
        yield receiver
