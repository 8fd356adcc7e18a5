"""Receivers over HTTP: one that verifies webhooks as a customer would, and one that plays Slack's API for slack-sdk."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qs

from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.http_server import serving


@dataclass
class WebhookReceiver:
    url: str = ""
    secrets: list[str] = field(default_factory=list)
    """One of these must have signed."""
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Id and content of what was verified."""
    forged: int = 0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """What to answer instead of taking the next ones: status and headers."""
    hosts: list[str] = field(default_factory=list)

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.hosts.append(headers.get("Host", ""))
        if self.answers:
            return *self.answers.pop(0), b""
        for secret in self.secrets:
            try:
                content = Webhook(secret).verify(body, headers)
            except WebhookVerificationError:
                continue
            self.taken.append((headers["webhook-id"], content))
            return 204, {}, b""
        self.forged += 1
        return 400, {}, b"no signature of ours"


@dataclass
class SlackWorkspace:
    url: str = ""
    token: str = "xoxb-right"
    people: dict[str, str] = field(default_factory=dict)
    """Ids by e-mail address."""
    channels: set[str] = field(default_factory=lambda: {"#asana", "C1"})
    posted: list[dict[str, Any]] = field(default_factory=list)
    may_read_history: bool = True
    busy_for: str = ""
    """Seconds: the next post is refused with 429, once."""

    def answer(self, method: str, sent: dict[str, Any], token: str) -> tuple[int, dict[str, str], bytes]:
        if token != self.token:
            return self._json({"ok": False, "error": "invalid_auth"})
        if method == "chat.postMessage" and self.busy_for:
            headers, self.busy_for = {"Retry-After": self.busy_for}, ""
            return 429, headers, json.dumps({"ok": False, "error": "ratelimited"}).encode()
        return self._json(getattr(self, method.replace(".", "_"))(sent))

    def auth_test(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "user": "usher", "team": "Acme"}

    def users_lookupByEmail(self, sent: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  # Slack's name
        found = self.people.get(sent["email"])
        return {"ok": True, "user": {"id": found}} if found else {"ok": False, "error": "users_not_found"}

    def conversations_open(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "channel": {"id": f"D{sent['users']}"}}

    def conversations_history(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not self.may_read_history:
            return {"ok": False, "error": "missing_scope"}
        if sent["channel"].startswith("#"):  # only ids are known here
            return {"ok": False, "error": "channel_not_found"}
        return {"ok": True, "messages": [each for each in self.posted if each["channel"] == sent["channel"]]}

    def chat_postMessage(self, sent: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  # Slack's name
        if not (sent["channel"].startswith("D") or sent["channel"] in self.channels):
            return {"ok": False, "error": "not_in_channel"}
        sent = {
            name: json.loads(value) if name in ("blocks", "metadata") and isinstance(value, str) else value
            for name, value in sent.items()
        }
        self.posted.append(sent)
        return {"ok": True, "channel": sent["channel"], "ts": "1.1"}

    @staticmethod
    def _json(answer: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


def _form(text: str) -> dict[str, Any]:
    return {name: values[0] for name, values in parse_qs(text).items()}


class _Handler(BaseHTTPRequestHandler):
    webhooks: ClassVar[WebhookReceiver]
    slack: ClassVar[SlackWorkspace]

    def do_POST(self) -> None:  # http.server's name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.path.startswith("/api/"):
            self._send(*self.webhooks.take(body, dict(self.headers.items())))
        elif self.headers.get("Content-Type", "").startswith("application/json"):
            self._slack(json.loads(body))
        else:
            self._slack(_form(body.decode()))

    def do_GET(self) -> None:  # http.server's name
        self._slack({})

    def _slack(self, sent: dict[str, Any]) -> None:
        """slack-sdk puts arguments into the address, a form or JSON, and Slack takes all three."""
        path, _, query = self.path.partition("?")
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self._send(*self.slack.answer(path.removeprefix("/api/"), {**_form(query), **sent}, token))

    def _send(self, status: int, headers: dict[str, str], answer: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def receivers() -> Iterator[tuple[WebhookReceiver, SlackWorkspace]]:
    webhooks, slack = WebhookReceiver(), SlackWorkspace()
    handler = type("Handler", (_Handler,), {"webhooks": webhooks, "slack": slack})
    with serving(handler) as slack.url:
        webhooks.url = f"{slack.url}/hooks/usher"
        yield webhooks, slack
