"""Middleware that refuses changes by views that do not declare who may make them."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from usher.access.roles import NotAllowed, is_unsafe

View = Callable[..., HttpResponseBase]


class DeclaredChanges:
    """Refuses a change by a view that declares neither `needs` nor `own_account`.

    Views that are open without signing in (`login_not_required`), such as the API, check by themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        if is_unsafe(request) and not declares(view) and getattr(view, "login_required", True):
            raise PermissionDenied("This page does not accept changes.")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, NotAllowed):
            return None
        return render(request, "access/not_allowed.html", {"refusal": error}, status=403)


def declares(view: View) -> bool:
    return hasattr(view, "needs")
