"""Responses: JSON values, errors in Asana's format, the HTTP response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec
from starlette.responses import Response

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Record: TypeAlias = "dict[str, Json]"

CONTENT_TYPE = "application/json; charset=UTF-8"
HELP = (
    "For more information on API status codes and how to handle them, "
    "read the docs on errors: https://developers.asana.com/docs/errors"
)
TOO_MANY = "You've made too many requests and hit a rate limit. Please retry after the given amount of time."


class AsanaError(Exception):
    """Becomes the response, with `more` next to `errors` in the body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Record | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.more = more or {}
        self.code = code

    def body(self) -> Record:
        error: Record = {"message": self.message, "help": HELP}
        if self.code:
            error["error"] = self.code
        if self.status == 500:
            error = {"message": "Server Error", "phrase": "6 sad squid snuggle softly"}
        return {"errors": [error], **self.more}


def bad(message: str) -> AsanaError:
    return AsanaError(400, message)


def unauthorized(message: str = "Not Authorized") -> AsanaError:
    return AsanaError(401, message)


def forbidden(message: str) -> AsanaError:
    return AsanaError(403, message)


def unknown_object(kind: str, gid: str) -> AsanaError:
    """404 for gids and addresses, 400 for anything else."""
    if (gid.isascii() and gid.isdigit()) or "@" in gid:
        return AsanaError(404, f"{kind}: Unknown object: {gid}")
    return bad(f"{kind}: Not a recognized ID: {gid}")


def no_route() -> AsanaError:
    return AsanaError(404, "No matching route for request")


def too_many(retry_after: int) -> AsanaError:
    return AsanaError(429, TOO_MANY, headers={"Retry-After": str(retry_after)})


def encoded(body: Json, *, pretty: bool = False) -> bytes:
    raw = msgspec.json.encode(body)
    return msgspec.json.format(raw, indent=2) if pretty else raw


def json_response(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(encoded(body), status, dict(headers or {}), media_type=CONTENT_TYPE)
