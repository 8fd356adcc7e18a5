"""Answers SCIM requests before any other middleware."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from usher.directory.scim.views import scim

PREFIX = "/scim/v2/"


class ScimFirst:
    """Identity providers push hundreds of changes a second. These carry a token, and need no session or messages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PREFIX):
            request.counted_as = "scim"  # type: ignore[attr-defined]  # usher.web.tracking reads it
            request.get_host()  # refuses a foreign one, as CommonMiddleware does for all other addresses
            return scim(request, request.path_info.removeprefix(PREFIX))
        return self.get_response(request)
