"""Overrides of the direction of writing are shown as codes: they make a name or an address look like another one."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from usher.platform.printable import with_overrides_shown


class OverridesAreShown:
    """In every page, whoever wrote the name, the reason or the title in it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and response.headers.get("Content-Type", "").startswith(
            "text/html"
        ):
            text = response.content.decode(response.charset)
            shown = with_overrides_shown(text)
            if shown != text:
                response.content = shown.encode(response.charset)
        return response
