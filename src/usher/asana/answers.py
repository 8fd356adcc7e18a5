"""Reading one HTTP answer: a typed value, or the error that it means."""

import re
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from usher.asana.errors import (
    AsanaError,
    BadRequest,
    Forbidden,
    Kept,
    ListTruncated,
    MalformedAnswer,
    NotAuthorized,
    NotFound,
    OffsetExpired,
    PlanTooLow,
    RateLimited,
    Reason,
    SyncTokenExpired,
    Unavailable,
)
from usher.asana.recording import request_id_in
from usher.asana.retry import seconds_in

T = TypeVar("T")

_LONGEST_MESSAGE = 500


class _Fault(msgspec.Struct, frozen=True):
    message: str | None = None
    phrase: str | None = None


class _ErrorAnswer(msgspec.Struct, frozen=True):
    errors: list[_Fault] | None = None
    detail: str | None = None  # SCIM's own shape (RFC 7644, 3.12)
    sync: str | None = None


_refusals = msgspec.json.Decoder(_ErrorAnswer)


def read(response: httpx.Response, decoder: msgspec.json.Decoder[T], method: str, path: str) -> T:
    """The value in a 2xx answer; an empty one reads as null. Raises the error that any other answer means."""
    if not response.is_success:
        raise error_in(response, method, path)
    try:
        return decoder.decode(b"null" if response.status_code == 204 else content_of(response))
    except msgspec.ValidationError as error:
        raise MalformedAnswer(
            f"Asana's answer to {method} {path} does not have the documented shape: {error}.",
            **_kept(response, method, path),
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        whole = _HALF_CHARACTERS.sub(_whole_character, content_of(response))
        if whole == response.content:
            raise unreadable(response, method, path) from None
        return _read_repaired(response, whole, decoder, method, path)


def content_of(response: httpx.Response) -> bytes:
    """The body without U+0000, which JSON allows in a name and no database stores."""
    content = response.content
    return _ESCAPES.sub(_without_null, content) if rb"\u0000" in content else content


_ESCAPES = re.compile(rb"\\(?:u0000|.)")


def _without_null(match: re.Match[bytes]) -> bytes:
    return b"" if match[0] == rb"\u0000" else match[0]


_HALF_CHARACTERS = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a complete one, in two halves
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def _whole_character(match: re.Match[bytes]) -> bytes:
    """Replaces half a character, as in a name cut inside an emoji, which would make the answer unreadable."""
    return rb"\ufffd" if match[1] else match[0]


def _read_repaired(
    response: httpx.Response, content: bytes, decoder: msgspec.json.Decoder[T], method: str, path: str
) -> T:
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise unreadable(response, method, path) from None


def unreadable(response: httpx.Response, method: str, path: str) -> MalformedAnswer:
    """A 2xx answer that is not JSON: damaged in transit, or a page from another server."""
    kept = _kept(response, method, path)
    if _is_page(response):
        return MalformedAnswer(f"{response.url.host} sent a web page instead of Asana's data.", **kept)
    return MalformedAnswer("Asana's answer was damaged and cannot be read.", passing=True, **kept)


def error_in(response: httpx.Response, method: str, path: str) -> AsanaError:
    """The error that an answer outside 2xx means."""
    status = response.status_code
    refusal = _refusal(response)
    kept = _kept(response, method, path, _message(refusal))
    said = kept["asana_message"] and f" Asana says: {kept['asana_message']}"
    heard = kept["asana_message"].lower()

    if response.has_redirect_location or 300 <= status < 400:
        to = urlsplit(response.headers.get("location", "")).netloc or "another address"
        return MalformedAnswer(
            f"{response.url.host} redirected Usher to {to} ({status}) instead of answering.", **kept
        )
    if status == 429:
        return RateLimited(
            "Asana received too many requests (429).",
            retry_after=seconds_in(response.headers.get("retry-after")),
            **kept,
        )
    if status >= 500 or status in (408, 424):
        return Unavailable(
            f"Asana is unavailable at the moment ({status}).{said}",
            retry_after=seconds_in(response.headers.get("retry-after")),
            **kept,
        )
    if refusal is None and _is_page(response):
        return MalformedAnswer(
            f"{response.url.host} sent a web page ({status}) instead of Asana's data.",
            **kept,
        )
    match status:
        case 401:
            return NotAuthorized(
                f"Asana does not accept the token (401).{said}", reason=_reason(heard), **kept
            )
        case 402:
            return PlanTooLow(f"Asana offers this only on a higher plan (402).{said}", **kept)
        case 403 | 451:
            return Forbidden(f"Asana does not allow this ({status}).{said}", **kept)
        case 404:
            return NotFound(f"Asana does not know this, or this token cannot see it (404).{said}", **kept)
        case 412:
            sync = refusal.sync if refusal else None
            return SyncTokenExpired(
                f"Asana lost the position in its event stream (412).{said}", sync=sync, **kept
            )
    if "truncat" in heard:
        return ListTruncated(f"Asana truncated this list, because it is very large ({status}).{said}", **kept)
    if "pagination token" in heard or heard.startswith("offset:"):
        return OffsetExpired(f"Asana lost the position in the list ({status}).{said}", **kept)
    return BadRequest(f"Asana did not understand the request ({status}).{said}", **kept)


def _reason(heard: str) -> Reason:
    if "expired" in heard:
        return Reason.EXPIRED
    if "revoked" in heard:
        return Reason.REVOKED
    if re.search(r"\bapp(lication)?\b", heard):
        return Reason.APP_BLOCKED
    return Reason.UNKNOWN


def _refusal(response: httpx.Response) -> _ErrorAnswer | None:
    try:
        return _refusals.decode(content_of(response))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _message(refusal: _ErrorAnswer | None) -> str:
    if refusal is None:
        return ""
    messages = " ".join(fault.message for fault in refusal.errors or [] if fault.message)
    return messages or refusal.detail or ""


def _kept(response: httpx.Response, method: str, path: str, message: str = "") -> Kept:
    return Kept(
        status=response.status_code,
        asana_message=_without_credentials(response, message)[:_LONGEST_MESSAGE],
        method=method,
        path=path,
        request_id=request_id_in(response),
    )


def _without_credentials(response: httpx.Response, message: str) -> str:
    """The message without the token, in case it repeats the request."""
    sent = response.request.headers.get("authorization", "").removeprefix("Bearer ")
    return message.replace(sent, "…") if sent else message


def _is_page(response: httpx.Response) -> bool:
    return "html" in response.headers.get("content-type", "").lower() or response.content.lstrip()[:1] == b"<"
