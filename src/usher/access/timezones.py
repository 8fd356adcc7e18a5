"""Pages show times in the viewer's time zone."""

import zoneinfo
from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

COOKIE = "tz"  # set by web/js/timezone.js


class ViewersTimeZone:
    """Middleware: the zone of the signed-in user, else the browser's, else UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(viewers_zone(request)):
            return self.get_response(request)


def viewers_zone(request: HttpRequest) -> ZoneInfo:
    chosen = ""
    # Without a session cookie nobody is signed in, so that /healthz and static pages need no database.
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        chosen = request.user.time_zone
    return _zone(chosen) or _zone(request.COOKIES.get(COOKIE, "")) or ZoneInfo("UTC")


def _zone(name: str) -> ZoneInfo | None:
    """None for an unknown name. Looked up in a list, because a cookie must not name a file."""
    return ZoneInfo(name) if name in _known_zones() else None


@cache
def _known_zones() -> set[str]:
    return zoneinfo.available_timezones()  # reads the whole folder of zones each time
