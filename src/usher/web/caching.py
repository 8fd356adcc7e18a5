"""What browsers and proxies keep of Usher: static files, and nothing about anybody."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NothingIsStored:
    """Pages, exports and answers of the API stay on no disk and in no proxy, unless they say otherwise themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
