"""How Usher speaks HTTP: time-outs, name, and what a failure on the way means."""

import math
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from usher.asana.errors import AsanaError, MalformedAnswer, Unavailable

# Seconds. The pool's is long: how many calls run at once is the limiter's business.
TIMEOUT = httpx.Timeout(connect=10, read=60, write=60, pool=600)
LONGEST_EXCHANGE = 180  # a line that drips, byte by byte, never times out by the above


@cache
def user_agent() -> str:
    try:
        return f"usher/{version('usher-seats')}"
    except PackageNotFoundError:
        return "usher/dev"


def checked(url: str) -> str:
    """The address of Asana without a slash at its end. Raises ValueError when it is no web address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"not a web address: {url!r}")
    return url.rstrip("/")


def not_reached(error: httpx.RequestError | TimeoutError, method: str, path: str) -> AsanaError:
    """What a failure without an answer means."""
    if isinstance(error, httpx.DecodingError):
        return MalformedAnswer(
            "Asana's answer was damaged and cannot be unpacked.", passing=True, method=method, path=path
        )
    never_sent = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    )
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        what = "Asana did not answer in time."
    elif "CERTIFICATE" in str(error):
        what = "The certificate shown for Asana's address is not trusted by this machine."
    elif never_sent:
        what = "Asana cannot be reached from this machine."
    else:
        what = "The line to Asana broke before the answer was whole."
    return Unavailable(what, not_sent=never_sent, method=method, path=path)


CALLS_A_POOL = 8


class Pools:
    """Clients with small pools of connections, used one after the other as calls come in at once.

    httpcore looks through every connection of a pool whenever a call begins or ends: with dozens in one pool that
    costs more than all the rest. A few calls at once stay with the first client and its open connections.
    """

    def __init__(self, base_url: str, at_once: int, transport: httpx.AsyncBaseTransport | None) -> None:
        count = 1 if transport else math.ceil(at_once / CALLS_A_POOL)
        trusted = httpx.create_ssl_context()  # slow to make, so made once
        self._clients = [
            httpx.AsyncClient(
                base_url=base_url,
                headers={"User-Agent": user_agent(), "Accept": "application/json"},
                timeout=TIMEOUT,
                limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
                verify=trusted,
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
        """The whole answer, read to its end."""
        free = (n for n, busy in enumerate(self._busy) if busy < CALLS_A_POOL)
        chosen = next(free, 0)
        self._busy[chosen] += 1
        try:
            return await self._clients[chosen].send(request)
        finally:
            self._busy[chosen] -= 1
