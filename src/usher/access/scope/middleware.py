"""Pages show what their viewer may see."""

from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from usher.platform.scope import EVERYTHING, Scope, current_scope, each_seen_with, enter_scope, seen_with


class ViewersScope:
    """Middleware: the scope of the signed-in user. The API enters that of its token when it has read it.

    What is streamed is read after the request, so that each part of it enters the scope again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with seen_with(EVERYTHING):
            enter_scope(_viewers_scope(request))
            response = self.get_response(request)
            if isinstance(response, StreamingHttpResponse):
                parts = response.streaming_content
                assert isinstance(parts, Iterable)  # WSGI has no others (decision 0001)
                response.streaming_content = each_seen_with(current_scope(), parts)
            return response


def _viewers_scope(request: HttpRequest) -> Scope:
    # Without a session cookie nobody is signed in, so that /healthz and static pages need no database.
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return request.user.seen
    return EVERYTHING
