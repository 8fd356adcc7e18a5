"""Shows the page for too many attempts, and gives a browser its cookie after a sign-in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from usher.access.throttle.attempts import TooManyAttempts
from usher.access.throttle.devices import set_cookie


class Throttle:
    """`request.slowed_down` is set by the authentication backend; the form would only say that something is wrong."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        refusal = getattr(request, "slowed_down", None)
        if refusal is not None:
            return _too_many(request, refusal)
        set_cookie(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return _too_many(request, error) if isinstance(error, TooManyAttempts) else None


def _too_many(request: HttpRequest, refusal: TooManyAttempts) -> HttpResponse:
    answer = render(request, "access/locked.html", {"refusal": refusal}, status=429)
    answer["Retry-After"] = str(int(refusal.wait.total_seconds()) + 1)
    return answer
