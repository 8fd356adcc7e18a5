"""Failures on demand: of one call by a request header, or of a share of all calls, reproducible by a seed."""

import re
import socket
from asyncio import Transport
from random import Random
from typing import Literal

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from usher.sandbox.http.answers import AsanaError, bad, too_many, unauthorized
from usher.sandbox.http.paging import EXPIRED

Kind = Literal[
    "latency",
    "status",
    "reset",
    "truncate-body",
    "broken-json",
    "expired-token",
    "expired-offset",
    "truncated-list",
]
ScimOddity = Literal["no_user_type", "number_ids", "changes_nothing", "active_as_text"]
"""What SCIM servers do: leave out `userType`, write ids as numbers, answer 200 and change nothing."""
TOKEN_EXPIRED = "The bearer token has expired. If you have a refresh token, please use it to get a new one."  # noqa: S105
_HEADER = re.compile(r"(?P<kind>[a-z-]+|\d{3})(=(?P<value>[\d.]+))?(\s*[;,]\s*(?P<when>before|after))?")


class Fault(msgspec.Struct, frozen=True):
    kind: Kind
    value: float = 0
    """Seconds of latency, or the status."""
    after: bool = False
    """For writes: the call fails after it took effect."""
    retry_after: int = 1

    @property
    def error(self) -> AsanaError | None:
        """The response instead of the real one; None for slow responses and broken connections."""
        match self.kind:
            case "status" if self.value == 429:
                return too_many(self.retry_after)
            case "status" if self.value == 401:
                return unauthorized()
            case "status":
                return AsanaError(int(self.value), "The service is unavailable for now.")
            case "expired-token":
                return unauthorized(TOKEN_EXPIRED)
            case "expired-offset":
                return bad(EXPIRED)
            case "truncated-list":
                return bad("The data set is too large: the result was truncated.")
            case _:
                return None

    @property
    def latency(self) -> float:
        return self.value if self.kind == "latency" else 0.0

    @property
    def breaks_answer(self) -> bool:
        return self.kind in ("reset", "truncate-body", "broken-json")

    @property
    def prevents_effect(self) -> bool:
        """For writes only."""
        return self.kind != "latency" and not self.after


class FaultOrder(msgspec.Struct, kw_only=True):
    """Body of POST /-/sandbox/faults. Omitted fields are left unchanged."""

    share: float | None = None
    kinds: list[str] = []
    seed: int = 0
    latency: float = 0.1
    retry_after: int = 1
    revoked_app: bool | None = None
    expire_offsets: bool = False
    expire_tokens: bool = False
    expire_streams: bool = False
    leave_out_addresses_of: list[str] | None = None
    """Users, by gid, whose address is missing in memberships from now on."""
    scim_oddities: list[ScimOddity] | None = None


def parse_fault(text: str, *, retry_after: int = 1) -> Fault:
    """Reads `latency=0.2`, `status=503`, `429`, `reset`, `broken-json;after` … Raises ValueError for anything else."""
    match = _HEADER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a fault: {text!r}")
    kind, after = match["kind"], match["when"] == "after"
    if kind.isdigit():
        return Fault("status", float(kind), after, retry_after)
    value = float(match["value"] or 0)
    if kind == "status" and not 400 <= value < 600:
        raise ValueError(f"not an error status: {text!r}")
    try:
        return Fault(msgspec.convert(kind, type=Kind), value, after, retry_after)
    except msgspec.ValidationError:
        raise ValueError(f"not a fault: {text!r}") from None


class Faults:
    """Decides, call by call, whether and how to fail."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._share = 0.0
        self._kinds: list[Fault] = []
        self._random = Random(0)  # noqa: S311 - reproducible failures, no secret

    def order(self, order: FaultOrder) -> None:
        """Raises ValueError for an impossible share or an unknown kind."""
        if order.share is None:
            return
        if not 0 <= order.share <= 1:
            raise ValueError("share is a number from 0 to 1")
        kinds = [
            parse_fault(f"latency={order.latency}" if k == "latency" else k, retry_after=order.retry_after)
            for k in order.kinds
        ]
        if order.share and not kinds:
            raise ValueError("a share of faults needs kinds")
        self._share, self._kinds = order.share, kinds
        self._random = Random(order.seed)  # noqa: S311

    def next(self, header: str | None, *, has_offset: bool) -> Fault | None:
        """The fault of this call, if any. The header takes precedence over the share.

        Offsets expire only for calls that have one.
        """
        fault = self._drawn(header)
        return None if fault is not None and fault.kind == "expired-offset" and not has_offset else fault

    def _drawn(self, header: str | None) -> Fault | None:
        if header:
            try:
                return parse_fault(header)
            except ValueError as error:
                raise bad(f"X-Sandbox-Fault: {error}") from None
        if self._share and self._random.random() < self._share:
            drawn = self._kinds[int(self._random.random() * len(self._kinds))]
            return msgspec.structs.replace(drawn, after=self._random.random() < 0.5)
        return None


class BrokenResponse(Response):
    """Half of a response, then the connection ends: closed (truncate-body) or reset."""

    def __init__(self, body: bytes, kind: Kind, media_type: str) -> None:
        super().__init__(body, 200, media_type=media_type)
        self._kind = kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if isinstance(transport, Transport):
            connection = transport.get_extra_info("socket")
            if self._kind == "reset" and connection is not None:
                no_lingering = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
                transport.abort()
            else:
                transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def broken_json(body: bytes) -> bytes:
    """Complete as HTTP, but truncated as JSON."""
    return body[: max(1, len(body) - len(body) // 3 - 1)]
