"""Follows each request: its id, how long its page took, and its span. Outermost, so that nothing is left out."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from usher.platform.following import counting, tracing
from usher.platform.following.counting import CountedSeries
from usher.platform.following.tracking import enter_request
from usher.web.visitor import is_from_trusted_proxy

HEADER = "X-Request-ID"
PAGES, RESPONSES = "pages", "responses"
WITHOUT_PAGE = "none"
"""Static files, addresses that do not exist, and what was refused before it was known where it leads."""


class RequestsAreTracked:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        trusted = is_from_trusted_proxy(request)
        request_id = enter_request(request.headers.get(HEADER, "") if trusted else "")
        began = time.perf_counter()
        parent = request.headers.get("traceparent", "") if trusted else ""
        with tracing.span(f"{request.method}", kind="server", parent=parent) as span:
            response = self.get_response(request)
            page = page_of(request)
            span.name(f"{request.method} {page}")
            span.note("http.request.method", str(request.method))
            span.note("http.route", page)
            span.note("http.response.status_code", response.status_code)
            span.note("usher.request_id", request_id)
            if response.status_code >= 500:
                span.failed()
        counting.timed(CountedSeries(PAGES, (page,)), time.perf_counter() - began)
        counting.count(CountedSeries(RESPONSES, (f"{response.status_code // 100}xx",)))
        response.headers[HEADER] = request_id
        return response


def page_of(request: HttpRequest) -> str:
    """The name of the page, never its address, which may hold names, gids and secrets."""
    if request.resolver_match is None:
        return str(getattr(request, "counted_as", WITHOUT_PAGE))
    return request.resolver_match.view_name or "unnamed"
