"""A proxy before an Usher that breaks off answers in the middle, as a network does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import httpx

from tests.support.http_server import serving


@dataclass
class BreakingProxy:
    """`breaks`: which of the answers about events break off, counted from 0. `asked`: the addresses, in their order."""

    target: str
    breaks: frozenset[int] = frozenset()
    breaks_always: bool = False
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def next_breaks(self, path: str) -> bool:
        if "/events" not in path:
            return False
        self.asked.append(path)
        return self.breaks_always or len(self.asked) - 1 in self.breaks


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[BreakingProxy]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # http.server's name
        headers = {"Authorization": self.headers["Authorization"]}
        answer = httpx.get(f"{self.proxy.target}{self.path}", headers=headers, timeout=60)
        breaks = self.proxy.next_breaks(self.path)
        self.send_response(answer.status_code)
        for name in ("Content-Type", "Link"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content[: len(answer.content) // 2] if breaks else answer.content)
        self.close_connection = breaks

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def breaking_proxy(proxy: BreakingProxy) -> Iterator[BreakingProxy]:
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    with serving(handler) as proxy.url:
        yield proxy
