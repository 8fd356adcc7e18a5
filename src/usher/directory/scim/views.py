"""All requests under /scim/v2/."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from scim2_models import PayloadTooLargeException, SCIMException, UnauthorizedException
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse

from usher.directory.models import Source
from usher.directory.scim.protocol import SERVICE, handler_for
from usher.directory.tokens import bearer, source_of

logger = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
def scim(request: HttpRequest, path: str) -> HttpResponse:
    """Any SCIM request. The token determines the source; no session is read."""
    try:
        return _django_response(_answer(request, path))
    except SCIMException as refusal:
        return _django_response(SERVICE.error_response(refusal))
    except Exception as error:
        logger.exception("SCIM request failed: %s %s", request.method, request.path)
        return _django_response(SERVICE.error_response(error))


def _answer(request: HttpRequest, path: str) -> ScimResponse:
    source = source_of(bearer(request.headers.get("Authorization", "")), Source.Kind.SCIM)
    if source is None:
        raise UnauthorizedException(
            detail="The bearer token is missing, wrong or replaced. Create a new one on the source's page in Usher."
        )
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise PayloadTooLargeException(detail="The request is too large. Send it in parts.") from error
    return handler_for(source).handle(
        ScimRequest(
            method=request.method or "GET",
            base_url=request.build_absolute_uri("/scim/v2"),
            path=f"/{path}",
            query=request.GET.dict(),
            headers=dict(request.headers),
            body=body,
            subject=source,
        )
    )


def _django_response(answer: ScimResponse) -> HttpResponse:
    response: HttpResponse
    if answer.body is None:
        response = HttpResponse(status=answer.status)
        answer.headers.pop("Content-Type", None)
    else:
        response = JsonResponse(answer.body, status=answer.status, content_type=SCIM_MEDIA_TYPE)
    for name, value in answer.headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response
