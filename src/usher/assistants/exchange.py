"""One request and its answer over streamable HTTP: the SDK's ASGI application, called from a Django view.

Without sessions and streams: each request stands for itself, and its answer is JSON. So any process may answer it, and
none is kept busy by an assistant that thinks.
"""

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from mcp.server.transport_security import TransportSecuritySettings

from usher.assistants.server import mcp_server

PATH = "/mcp"
KEPT_BACK = frozenset({"authorization", "cookie"})
"""Headers that the SDK has no business with."""


@dataclass
class Exchanged:
    """What the application answered."""

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def exchange(request: HttpRequest) -> Exchanged:
    """The view has checked who asks, and where from."""
    app = mcp_server().streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    answer = Exchanged()
    given = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        if given:
            return given.pop()
        await asyncio.Event().wait()  # the client stays until it is answered
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message.get("headers", ())}
        else:
            answer.body += message.get("body", b"")

    async with app.router.lifespan_context(app):
        await app(_scope(request), receive, send)
    return answer


def _scope(request: HttpRequest) -> dict[str, Any]:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in request.headers.items()
        if name.lower() not in KEPT_BACK
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": PATH,
        "raw_path": PATH.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": None,
        "server": None,
    }
