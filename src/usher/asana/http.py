"""HTTP: time-outs, the user agent, connections, and what a failure without an answer means."""

import math
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from usher.asana.errors import AsanaError, MalformedAnswer, Unavailable

# Seconds. That of the pool is long, because the limiter decides how many calls run at once.
TIMEOUT = httpx.Timeout(connect=10, read=60, write=60, pool=600)
LONGEST_EXCHANGE = 180  # the time-outs above never end an answer that arrives byte by byte


@cache
def user_agent() -> str:
    try:
        return f"usher/{version('usher-seats')}"
    except PackageNotFoundError:
        return "usher/dev"


@cache
def trusted_certificates() -> ssl.SSLContext:
    """Those of SSL_CERT_FILE, SSL_CERT_DIR or httpx. Reading them takes 20 ms, so it is done once."""
    return httpx.create_ssl_context()


def checked(url: str) -> str:
    """The address of Asana without a trailing slash. Raises ValueError when it is not a web address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"not a web address: {url!r}")
    return url.rstrip("/")


def not_reached(error: httpx.RequestError | TimeoutError, method: str, path: str) -> AsanaError:
    """What a failure without an answer means."""
    if isinstance(error, httpx.DecodingError):
        return MalformedAnswer(
            "Asana's answer was damaged and cannot be decompressed.", passing=True, method=method, path=path
        )
    never_sent = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    )
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        what = "Asana did not answer in time."
    elif "CERTIFICATE" in str(error):
        what = "This machine does not trust the certificate at Asana's address."
    elif never_sent:
        what = "This machine cannot reach Asana."
    else:
        what = "The connection to Asana broke before the answer was complete."
    return Unavailable(what, not_sent=never_sent, method=method, path=path)


CALLS_A_POOL = 8


class Pools:
    """Several clients with small pools of connections. A client is used when those before it are busy.

    httpcore examines every connection of a pool whenever a call starts or ends. With dozens in one pool, this costs
    more than everything else. A few calls at once stay with the first client and its open connections.
    """

    def __init__(self, base_url: str, at_once: int, transport: httpx.AsyncBaseTransport | None) -> None:
        count = 1 if transport else math.ceil(at_once / CALLS_A_POOL)
        self._clients = [
            httpx.AsyncClient(
                base_url=base_url,
                headers={"User-Agent": user_agent(), "Accept": "application/json"},
                timeout=TIMEOUT,
                limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
                verify=trusted_certificates(),
                transport=transport,
            )
            for _ in range(count)
        ]
        self._busy = [0] * count
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for client in self._clients:
            await self._open.enter_async_context(client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    def build_request(
        self, method: str, path: str, params: Mapping[str, str | int] | None, content: bytes | None
    ) -> httpx.Request:
        return self._clients[0].build_request(method, path, params=params, content=content)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer, read to its end."""
        free = (n for n, busy in enumerate(self._busy) if busy < CALLS_A_POOL)
        chosen = next(free, 0)
        self._busy[chosen] += 1
        try:
            return await self._clients[chosen].send(request)
        finally:
            self._busy[chosen] -= 1
