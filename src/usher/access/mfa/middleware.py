"""Leads whoever lacks a required second factor to the page where they set one up."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from usher.access.mfa.required import must_set_one_up
from usher.access.models import User

View = Callable[..., HttpResponseBase]


class SecondFactorFirst:
    """Lets only those views through that say so (`open_without_second_factor`) and those open to anybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        if not isinstance(request.user, User) or not getattr(view, "login_required", True):
            return None
        if getattr(view, "open_without_second_factor", False) or not must_set_one_up(request, request.user):
            return None
        page = reverse("access:second_factor")
        return HttpResponseClientRedirect(page) if request.headers.get("HX-Request") else redirect(page)
