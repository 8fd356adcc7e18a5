"""The conventions of a part of the API: its bodies, errors and content type."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import msgspec

from usher.sandbox.http.answers import CONTENT_TYPE, AsanaError, Json, Record, bad

SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Options(msgspec.Struct):
    fields: list[str] | None = None
    pretty: bool = False


class Body(msgspec.Struct):
    data: dict[str, object] = {}
    options: Options = msgspec.field(default_factory=Options)


class Reply(msgspec.Struct):
    """A response that is not 200, or has no body."""

    status: int
    body: Json = None


Answer: TypeAlias = "Record | Reply"


class Dialect(NamedTuple):
    content_type: str
    read_body: Callable[[bytes], Body]
    error_body: Callable[[AsanaError], Record]


def _wrapped(raw: bytes) -> Body:
    try:
        return msgspec.json.decode(raw or b"{}", type=Body)
    except msgspec.DecodeError:
        raise bad("Could not parse request data, invalid JSON") from None


def _bare(raw: bytes) -> Body:
    try:
        return Body(msgspec.json.decode(raw or b"{}", type=dict[str, object]))
    except msgspec.DecodeError:
        raise AsanaError(400, "The body is no JSON object.", code="invalidSyntax") from None


def _scim_error(error: AsanaError) -> Record:
    body: Record = {"schemas": [SCIM_ERROR], "status": str(error.status), "detail": error.message}
    return {**body, "scimType": error.code} if error.code else body


ASANA = Dialect(CONTENT_TYPE, _wrapped, AsanaError.body)
SCIM = Dialect("application/scim+json", _bare, _scim_error)
