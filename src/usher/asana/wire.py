"""One call to Asana: waiting for its turn, sending, retrying, and decoding the answer."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx
import msgspec

from usher.asana.answers import read
from usher.asana.changes import AnnouncedChange, announced_in
from usher.asana.credentials import TokenSource
from usher.asana.errors import AsanaError, NotAuthorized, RateLimited, Uncertain
from usher.asana.http import LONGEST_EXCHANGE, Pools, checked, not_reached
from usher.asana.limiter import Pace, RateLimits, limiter_of
from usher.asana.recording import GAVE_UP_WAITING, OnCall, Sent
from usher.asana.retry import LONGEST_PAUSE, Retries, may_be_done, retry_after

T = TypeVar("T")
Write = Literal["POST", "PUT", "PATCH", "DELETE"]

BASE_PATH = "/api/1.0"
MOST_REFUSALS = 3  # a refused token is tried again, because a single wrong answer must not end a connection


class RequestCounts(msgspec.Struct):
    """The requests of a client so far. `waited_seconds` adds up over calls that waited at the same time.

    `waits_until`: when the last call goes on that waits because Asana asked for it or did not answer.
    """

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0
    waits_until: datetime | None = None

    def note_wait(self, seconds: float) -> None:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        self.waits_until = until if self.waits_until is None else max(self.waits_until, until)


class Wire:
    """A pooled HTTP client with credentials, limits and retries."""

    def __init__(
        self,
        credentials: TokenSource,
        url: str,
        limits: RateLimits,
        retries: Retries,
        transport: httpx.AsyncBaseTransport | None,
        pace: Pace | None,
        on_call: OnCall | None,
    ) -> None:
        """`pace` None: that of the running event loop, shared by all clients with this token.

        `on_call` is called after each try of each call.
        """
        self._credentials = credentials
        self._limits = limits
        self._retries = retries
        self._given_pace = pace
        self._on_call = on_call
        self._pace: Pace | None = None
        self._open = AsyncExitStack()
        self._pools = Pools(
            checked(url) + BASE_PATH, limits.concurrent_reads + limits.concurrent_writes, transport
        )
        self.tally = RequestCounts()
        self.changes: list[AnnouncedChange] = []

    async def __aenter__(self) -> Self:
        self._pace = self._given_pace or limiter_of(self._credentials.identity, self._limits)
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(self._pace)
            await opened.enter_async_context(self._pools)
            self._open = opened.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def get(self, path: str, query: Mapping[str, str | int], decoder: msgspec.json.Decoder[T]) -> T:
        return await self._call("GET", path, decoder, query=query)

    async def write(
        self,
        method: Write,
        path: str,
        body: object,
        decoder: msgspec.json.Decoder[T],
        query: Mapping[str, str | int] | None = None,
    ) -> T:
        """`body` None sends none. Raises Uncertain when the outcome is unknown."""
        content = None if body is None else msgspec.json.encode(body)
        return await self._call(method, path, decoder, query=query, body=content)

    async def _call(
        self,
        method: str,
        path: str,
        decoder: msgspec.json.Decoder[T],
        query: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
    ) -> T:
        is_write = method != "GET"
        loop = asyncio.get_running_loop()
        failures, refusals, first_failure_at = 0, 0, 0.0
        while True:
            token = await self._credentials.access_token()
            request = self._pools.build_request(method, path, params=query, content=body)
            request.headers["Authorization"] = f"Bearer {token}"
            if body is not None:
                request.headers["Content-Type"] = "application/json"
            try:
                return await self._once(request, path, decoder, is_write=is_write)
            except NotAuthorized:
                refusals += 1
                if refusals >= MOST_REFUSALS:
                    raise
                if refusals == 1:
                    await self._credentials.renew(refused=token)
                else:
                    await asyncio.sleep(self._retries.first_wait)
            except AsanaError as error:
                failures += 1
                first_failure_at = first_failure_at or loop.time()
                await self._wait_or_raise(error, failures, loop.time() - first_failure_at, is_write=is_write)
            self.tally.retries += 1

    async def _once(
        self, request: httpx.Request, path: str, decoder: msgspec.json.Decoder[T], *, is_write: bool
    ) -> T:
        if self._pace is None:
            raise RuntimeError("open the client first: async with Asana(…) as asana")
        async with self._pace.turn(is_write=is_write, on_pause=self._note_pause) as waited:
            self.tally.waited_seconds += waited
            self.tally.requests += 1
            sent = Sent(request, path, self._on_call)
            response = await self._answer_to(request, path, sent)
        self.changes += [change for change in announced_in(response) if change not in self.changes]
        try:
            value = read(response, decoder, request.method, path)
        except AsanaError as error:
            sent.ended(response, error)
            raise
        sent.ended(response, None)
        return value

    def _note_pause(self, seconds: float) -> None:
        """Raises RateLimited where this client does not wait for so long."""
        if seconds > self._retries.longest_retry_after:
            raise RateLimited("Asana received too many requests.", retry_after=seconds)
        self.tally.note_wait(seconds)

    async def _answer_to(self, request: httpx.Request, path: str, sent: Sent) -> httpx.Response:
        try:
            async with asyncio.timeout(LONGEST_EXCHANGE):
                response = await self._pools.send(request)
        except (httpx.RequestError, TimeoutError) as error:
            failure = not_reached(error, request.method, path)
            sent.ended(None, failure)
            raise failure from error
        except asyncio.CancelledError:
            sent.ended(None, GAVE_UP_WAITING)
            raise
        sent.answered()
        return response

    async def _wait_or_raise(
        self, error: AsanaError, failures: int, elapsed: float, *, is_write: bool
    ) -> None:
        wait = self._retries.wait_after(error, failures, elapsed)
        asked = retry_after(error) if isinstance(error, RateLimited) else None
        if asked and error.status is not None:  # else it is the pace that knows of the pause
            # All calls of this token wait, because refused calls count against the limit too.
            assert self._pace is not None
            await self._pace.pause(min(asked, LONGEST_PAUSE))
        if is_write and may_be_done(error):
            raise Uncertain(
                f"It is unknown whether Asana did this: {error}",
                status=error.status,
                asana_message=error.asana_message,
                method=error.method,
                path=error.path,
                request_id=error.request_id,
            ) from error
        if wait is None:
            raise error
        self.tally.note_wait(wait)
        if not asked:
            await asyncio.sleep(wait)
            self.tally.waited_seconds += wait
