"""Counts the requests to Asana by connection, and traces them."""

import re

from usher.asana import CallSeen, OnCall
from usher.platform.following import counting, tracing
from usher.platform.following.counting import CountedSeries

REQUESTS = "asana_requests"
_CALLED_BY_NAME = re.compile(r"[a-zA-Z_.-]+|v2")
"""Parts of addresses that are no gids and no e-mail addresses."""


def observer(connection: int | None) -> OnCall:
    """None for a token that is not stored yet."""

    def observe(call: CallSeen) -> None:
        counting.count(CountedSeries(REQUESTS, (answer_of(call.status),), connection))
        if tracing.is_traced():
            _trace(call)

    return observe


def answer_of(status: int | None) -> str:
    """429 by itself; `none` where no answer came."""
    if status is None:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"


def route_of(path: str) -> str:
    """The address without gids and e-mail addresses."""
    parts = path.partition("?")[0].split("/")
    return "/".join(part if not part or _CALLED_BY_NAME.fullmatch(part) else "{}" for part in parts)


def _trace(call: CallSeen) -> None:
    route = route_of(call.path)
    noted: dict[str, tracing.Noted] = {"http.request.method": call.method, "url.template": route}
    if call.status is not None:
        noted["http.response.status_code"] = call.status
    failed = call.status is None or call.status >= 400
    tracing.note_span(f"Asana {call.method} {route}", call.began, call.seconds, noted, failed=failed)
