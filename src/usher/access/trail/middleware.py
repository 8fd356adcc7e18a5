"""Notes refused requests and exports, whatever page or API they come from."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from usher.access.trail.kinds import Seen
from usher.access.trail.note import note, shown_path


class RefusalsAndExports:
    """Looks at every answer: 403 is a refused action, and a file to save is an export."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 403:
            note(request, Seen.REFUSED, f"{request.method} {shown_path(request)}", once_a_minute=True)
        elif _is_export(response):
            query = request.META.get("QUERY_STRING", "")
            note(request, Seen.EXPORTED, shown_path(request) + (f"?{query}" if query else ""))
        return response


def _is_export(response: HttpResponseBase) -> bool:
    disposition = response.headers.get("Content-Disposition", "")
    return response.status_code == 200 and disposition.startswith("attachment")
