"""All requests under /scim/v2/."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from scim2_models import PayloadTooLargeException, SCIMException, UnauthorizedException
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse

from usher.access.throttle.attempts import TooManyAttempts, wrong_token
from usher.directory.models import Source
from usher.directory.scim.protocol import SERVICE, handler_for
from usher.directory.scim.refusals import RefusedRequest, is_worth_keeping, keep, says_unreadable_active
from usher.directory.scim.refused import OurWords, TooManyRequestsException, in_our_words
from usher.directory.tokens import bearer, source_of
from usher.platform.outages import is_outage

logger = logging.getLogger(__name__)

CHANGES = ("POST", "PUT", "PATCH")
FAILED = "Usher failed to answer the request. Its log has the reason."
UNREADABLE = "“active” has a value that Usher cannot read, so it stays as it was. The rest was applied."


@csrf_exempt
@login_not_required
def scim(request: HttpRequest, path: str) -> HttpResponse:
    """Any SCIM request. The token determines the source; no session is read."""
    source = source_of(bearer(request.headers.get("Authorization", "")), Source.Kind.SCIM)
    if source is None:
        try:
            wrong_token(request, "SCIM token")
        except TooManyAttempts as refusal:
            return _too_many(refusal)
        return _django_response(SERVICE.error_response(in_our_words(UnauthorizedException())))
    try:
        body = request.body
    except RequestDataTooBig:
        return _refused(request, source, path, b"", in_our_words(PayloadTooLargeException()))
    try:
        answer = handler_for(source).handle(
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
    except SCIMException as refusal:
        return _refused(request, source, path, body, in_our_words(refusal))
    except Exception as error:
        if is_outage(error):
            raise  # answered for all kinds of requests in one place
        logger.exception("SCIM request failed: %s %s", request.method, request.path)
        return _refused(request, source, path, body, error)
    if request.method in CHANGES and says_unreadable_active(body):
        _keep(request, source, path, body, int(answer.status), UNREADABLE)
    return _django_response(answer)


def _too_many(refusal: TooManyAttempts) -> HttpResponse:
    answer = _django_response(
        SERVICE.error_response(
            TooManyRequestsException(detail=OurWords(f"{refusal.message} {refusal.remedy}"))
        )
    )
    answer["Retry-After"] = str(int(refusal.wait.total_seconds()) + 1)
    return answer


def _refused(
    request: HttpRequest, source: Source, path: str, body: bytes, refusal: Exception
) -> HttpResponse:
    answer = SERVICE.error_response(refusal)
    reason = str(refusal) if isinstance(refusal, SCIMException) else FAILED
    if is_worth_keeping(request.method or "GET", int(answer.status)):
        _keep(request, source, path, body, int(answer.status), reason)
    return _django_response(answer)


def _keep(request: HttpRequest, source: Source, path: str, body: bytes, status: int, reason: str) -> None:
    """Whether it can be kept or not, the client gets its answer."""
    try:
        with transaction.atomic():
            keep(
                source,
                RefusedRequest(request.method or "GET", f"/{path}", body),
                status,
                reason,
                timezone.now(),
            )
    except Exception:
        logger.exception("A refused SCIM request could not be kept: %s %s", request.method, request.path)


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
