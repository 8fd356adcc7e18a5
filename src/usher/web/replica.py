"""Which pages are read from a replica of the database, and that nobody misses there what they have just done."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import django.db
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from psycopg.errors import ReadOnlySqlTransaction

from usher.platform import replica
from usher.platform.outages import is_outage
from usher.platform.statements import took_too_long

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], R]

READ_FROM = "Usher-Read-From"
"""A header of answers that tells an operator where they come from."""
COOKIE = "usher-written"
"""The position in the database's log up to which the visitor's last change is written. A wrong one harms only them."""


def may_read_replica(view: "View[P, R]") -> "View[P, R]":
    """For a view that only reads. It is run again on the primary when the replica fails or something is written."""

    @wraps(view)
    def reads(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not replica.may_read(_written(request)):
            return view(request, *args, **kwargs)
        try:
            with replica.reading():
                response = view(request, *args, **kwargs)
        except django.db.Error as error:
            if took_too_long(error):
                raise
            if is_outage(error) and not isinstance(error.__cause__, ReadOnlySqlTransaction):
                replica.progress.failed(error)
            return view(request, *args, **kwargs)
        response[READ_FROM] = "replica"
        if isinstance(response, StreamingHttpResponse):
            parts = response.streaming_content
            assert isinstance(parts, Iterable)  # WSGI has no others (decision 0001)
            response.streaming_content = replica.each_read(parts)
        return response

    return reads


class RemembersWhatWasWritten:
    """Middleware: after a change, its visitor reads from the primary until the replica has replayed it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        changes = request.method not in ("GET", "HEAD", "OPTIONS") or response.status_code == 302
        if changes and replica.is_used() and settings.SESSION_COOKIE_NAME in request.COOKIES:
            with suppress(django.db.Error):  # the answer counts, even if the database has gone meanwhile
                _remember(response, replica.written_to())
        return response


def _remember(response: HttpResponseBase, written: int) -> None:
    response.set_cookie(
        COOKIE,
        str(written),
        max_age=2 * settings.USHER_REPLICA_LAG_SECONDS,  # a replica that lags longer is not read from
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _written(request: HttpRequest) -> int:
    text = request.COOKIES.get(COOKIE, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
