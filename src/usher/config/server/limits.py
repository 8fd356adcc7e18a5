"""What the web server takes from a stranger: sizes in bytes, times in seconds."""

from collections.abc import Mapping
from io import BytesIO
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.urls import Resolver404, resolve

from usher.access.models import User
from usher.platform.storable import is_storable
from usher.web.body_size import FORM_BYTES, upload_limit

HEADER_BYTES = 64 * 1024
HEADER_SECONDS = 15
"""From the first byte of a request, or from the connection, to the end of the header."""
KEPT_ALIVE_SECONDS = 75
"""Between two requests on a connection. Longer than the 60 seconds after which load balancers close theirs."""
BODY_SECONDS = 20
BODY_BYTES_PER_SECOND = 16 * 1024
"""A body may take BODY_SECONDS, and a second more for each BODY_BYTES_PER_SECOND that have arrived."""
ANSWER_SECONDS = 60
ANSWER_BYTES_PER_SECOND = 4 * 1024
"""Likewise for an answer that waits to be read. A client that reads nothing for ANSWER_SECONDS is cut off."""
DISCARD_SECONDS = 5
"""What a client still sends after a refusal is thrown away for that long, so that it can read the answer."""
WAITING_ANSWER_BYTES = 64 * 1024 * 1024
"""An answer is made in advance of a slow reader by that much, without keeping a thread."""
MOST_CONNECTIONS = 500
"""Of each process. Beyond it the connection goes that has been sending its request for the longest time."""

WITH_TOKEN = ("/api/", "/scim/")


class BodyLimit(NamedTuple):
    most_bytes: int
    only_signed_in: bool


def body_limit(path: str) -> BodyLimit:
    """`path` as WSGI gives it: bytes in Latin-1."""
    path = path.encode("latin-1").decode(errors="replace")
    if path.startswith(WITH_TOKEN):
        assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE is not None
        return BodyLimit(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, only_signed_in=False)
    try:
        upload = upload_limit(resolve(path).func)
    except Resolver404:
        upload = None
    if upload is None:
        return BodyLimit(FORM_BYTES, only_signed_in=False)
    return BodyLimit(upload, only_signed_in=True)


def may_upload(path: str, headers: Mapping[str, str]) -> bool:
    """Whether a large body is read at all: its header has the session of a user who may use that page.

    The view decides again when the body is there. `headers`: names as in a WSGI environment, without HTTP_.
    """
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "HTTP_COOKIE": headers.get("COOKIE", ""),
            "wsgi.input": BytesIO(),
        }
    )
    if not all(map(is_storable, request.COOKIES.values())):
        return False
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    user = get_user(request)
    action = getattr(resolve(request.path_info).func, "needs", None)
    return isinstance(user, User) and user.is_active and (action is None or user.may(action))
