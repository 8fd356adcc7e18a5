"""Middleware that refuses changes by views that do not declare who may make them, and asks for a fresh proof."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from usher.access.proof.asking import ask_for_proof
from usher.access.proof.fresh import ProofTooOld, has_fresh_proof
from usher.access.proof.held import drop_form
from usher.access.roles import NEEDS_FRESH_PROOF, NotAllowed, is_unsafe

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
    ) -> HttpResponse | None:
        if is_unsafe(request) and not declares(view) and getattr(view, "login_required", True):
            raise PermissionDenied("This page does not accept changes.")
        if asks_for_proof(request, view):
            if not has_fresh_proof(request):
                return ask_for_proof(request)
            drop_form(request)  # if this is the form that was held, it is held no more
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ProofTooOld):
            return ask_for_proof(request)
        if not isinstance(error, NotAllowed):
            return None
        return render(request, "access/not_allowed.html", {"refusal": error}, status=403)


def declares(view: View) -> bool:
    return hasattr(view, "needs")


def asks_for_proof(request: HttpRequest, view: View) -> bool:
    """Whether this request takes a fresh proof. Whoever may not do it at all is refused by the view, unasked."""
    action = getattr(view, "needs", None)
    if action not in NEEDS_FRESH_PROOF or not request.user.is_authenticated or not request.user.may(action):
        return False
    return is_unsafe(request) or getattr(view, "asks_early", False)
