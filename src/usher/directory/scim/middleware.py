"""SCIM requests are answered before sessions, messages and whatever else pages need."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from usher.directory.scim.views import scim

PREFIX = "/scim/v2/"


class ScimFirst:
    """Middleware. Identity providers push hundreds of changes a second, of which each brings its own token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PREFIX):
            return scim(request, request.path_info.removeprefix(PREFIX))
        return self.get_response(request)
