"""Requests that no page can read are refused at the door, with a sentence, instead of failing somewhere inside."""

from collections.abc import Callable, Iterable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

from usher.platform.storable import is_storable
from usher.web.refused.problems import problem

API = "/api/"
WHAT = "The request contains a character that cannot be stored (U+0000)."
REMEDY = "Remove it and send the request again."


class ReadableAddresses:
    """Before anything looks at the address or at a cookie. `ReadableForms` does the same for forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        names_and_values = (text for pair in request.GET.lists() for text in (pair[0], *pair[1]))
        if _all_storable([request.path_info, *request.COOKIES.values(), *names_and_values]):
            return self.get_response(request)
        if request.path_info.startswith(API):
            return problem(422, WHAT, REMEDY, "UnreadableRequest")
        raise BadRequest(f"{WHAT} {REMEDY}")


class ReadableForms:
    """After it is clear who may use the page: until then no form is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> None:
        if request.path_info.startswith(API):
            return  # takes JSON, whose schemas see to it
        if not _all_storable(text for name, texts in request.POST.lists() for text in (name, *texts)):
            raise BadRequest(f"{WHAT} {REMEDY}")


def _all_storable(texts: Iterable[str | bytes]) -> bool:
    return all(is_storable(text) for text in texts if isinstance(text, str))
