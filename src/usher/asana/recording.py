"""Evidence of requests to Asana: every request that was sent, and its answer.

    exchanges: list[Exchange] = []
    with recording(exchanges.append):
        await asana.remove_user(workspace_gid, user_gid)

Applies to the running task and to tasks that it starts in the block, so that cases that share one client each get
their own. Renewals of OAuth tokens are not recorded.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

import httpx
import msgspec

from usher.asana.errors import AsanaError

_UNTOLD_PARAMETERS = {"offset", "sync", "opt_fields", "limit"}
GAVE_UP_WAITING = "Usher was stopped before Asana answered."


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One try of one call. `path` is below /api/1.0; nothing in it contains a token.

    `status` is None without an answer; `error` is None after a success.
    """

    at: datetime
    method: str
    path: str
    query: Mapping[str, str] = {}
    body: str | None = None
    status: int | None = None
    request_id: str | None = None
    error: str | None = None
    milliseconds: int = 0


Sink = Callable[[Exchange], None]


class CallSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One try of one call, without anything that it said. `began`: seconds since 1970."""

    began: float
    seconds: float
    method: str
    path: str
    status: int | None
    """None without an answer."""


OnCall = Callable[[CallSeen], None]

_sinks: ContextVar[tuple[Sink, ...]] = ContextVar("sinks of exchanges", default=())


@contextmanager
def recording(sink: Sink) -> Iterator[None]:
    """Calls `sink` with every exchange of the block, as it ends. In nested blocks, all sinks are called."""
    outside = _sinks.set((*_sinks.get(), sink))
    try:
        yield
    finally:
        _sinks.reset(outside)


def request_id_in(response: httpx.Response) -> str | None:
    """Asana's id of the exchange, if it gives one."""
    headers: Mapping[str, str] = response.headers
    return headers.get("x-request-id") or headers.get("x-asana-request-id")


class Sent:
    """A request that is being sent."""

    def __init__(self, request: httpx.Request, path: str, on_call: OnCall | None) -> None:
        self._request = request
        self._on_call = on_call
        self._path = path
        self._at = datetime.now(UTC)
        self._began = time.monotonic()
        self._milliseconds: int | None = None

    def answered(self) -> None:
        """The answer has arrived, and is not read yet."""
        self._milliseconds = self._elapsed()

    def ended(self, response: httpx.Response | None, error: AsanaError | str | None) -> None:
        milliseconds = self._elapsed() if self._milliseconds is None else self._milliseconds
        if self._on_call is not None:
            self._on_call(
                CallSeen(
                    began=self._at.timestamp(),
                    seconds=milliseconds / 1_000,
                    method=self._request.method,
                    path=self._path,
                    status=None if response is None else response.status_code,
                )
            )
        sinks = _sinks.get()
        if not sinks:
            return
        params = self._request.url.params.multi_items()
        exchange = Exchange(
            at=self._at,
            method=self._request.method,
            path=self._path,
            query={name: value for name, value in params if name not in _UNTOLD_PARAMETERS},
            body=self._request.content.decode() or None,
            status=None if response is None else response.status_code,
            request_id=None if response is None else request_id_in(response),
            error=None if error is None else str(error),
            milliseconds=milliseconds,
        )
        for sink in sinks:
            sink(exchange)

    def _elapsed(self) -> int:
        return round((time.monotonic() - self._began) * 1_000)
