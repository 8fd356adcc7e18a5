"""The pages for requests that fail."""

import sys

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

from usher.platform import full_disk
from usher.platform.full_disk import is_full_disk
from usher.platform.statements import took_too_long
from usher.web.refused.problems import problem

TOO_LONG = "The database worked on this for a minute and had not finished. Nothing was changed."


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Shows the message of BadRequest if it is one of ours, which are sentences. Django's are for programmers."""
    text = str(exception) if isinstance(exception, BadRequest) else ""
    return render(request, "web/400.html", {"reason": text if text.endswith(".") else ""}, status=400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Shows the message of PermissionDenied, which must be written for people."""
    return render(request, "web/403.html", {"reason": str(exception)}, status=403)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(404, "There is nothing at this address.", "See /api/v1/openapi.json.")
    return render(request, "web/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Uses nothing from the session or the database: they, or a context processor, may be what failed.

    Django calls it while the exception is handled.
    """
    if took_too_long(sys.exception()):
        return _took_too_long(request)
    if is_full_disk(sys.exception()):
        return _disk_is_full(request)
    if getattr(request, "path_info", "").startswith("/api/"):
        return problem(500, "Usher itself failed. Nothing was changed.", "The log of `usher web` says why.")
    return HttpResponse(render_to_string("web/500.html"), status=500)


def _disk_is_full(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return problem(503, full_disk.MESSAGE, full_disk.REMEDY)
    page = render_to_string("web/503_full_disk.html", {"message": full_disk.MESSAGE})
    return HttpResponse(page, status=503)


def _took_too_long(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return problem(503, TOO_LONG, "Ask for less at once.")
    return HttpResponse(render_to_string("web/503_too_long.html"), status=503)


def database_away(request: HttpRequest) -> HttpResponse:
    """As `server_error`. A page is asked for again; a form has to be sent again by whoever filled it in."""
    address = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponse(render_to_string("web/503.html", {"address": address}), status=503)
