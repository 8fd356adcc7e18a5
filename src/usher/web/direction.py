"""Overrides of the direction of writing are shown as codes: they make a name or an address look like another one."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates. The marks that right-to-left writing needs (U+200E, U+200F) are none."""


def with_overrides_shown(text: str) -> str:
    """The same text, with \\u202e in place of the character that turns the writing round, and so for its kind."""
    return OVERRIDES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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
            if OVERRIDES.search(text):
                response.content = with_overrides_shown(text).encode(response.charset)
        return response
