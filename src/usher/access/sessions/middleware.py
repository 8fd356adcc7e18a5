"""Ends sessions that are idle or old, on the server."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

from usher.access.models import User
from usher.access.sessions.limits import follow_new_key, is_within_limits


class SessionLimits:
    """After it, a session that has ended is nobody's: pages lead to the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key
        if isinstance(request.user, User) and not is_within_limits(request, request.user):
            logout(request)
        response = self.get_response(request)
        follow_new_key(request, key)
        return response
