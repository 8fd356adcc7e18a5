"""The answer to a request that failed for a reason of Usher's own, in the form that whoever asked can read."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from scim2_models import Error as ScimError

from usher.directory.scim.middleware import PREFIX as SCIM
from usher.platform.outages import announcer, is_outage
from usher.web import errors
from usher.web.refused.problems import problem

API = "/api/v1/"
RETRY_AFTER_SECONDS = 5
MESSAGE = "Usher's database does not answer at the moment. Nothing was changed."
REMEDY = "Send the request again in a moment."


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while the exception is handled."""
    error = sys.exception()
    if error is None or not is_outage(error):
        return errors.server_error(request)
    announcer.began(error, "Requests are answered with 503.")
    answer = _unavailable(request)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    answer["Cache-Control"] = "no-store"
    return answer


def _unavailable(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(SCIM):
        body = ScimError(status=503, detail=f"{MESSAGE} {REMEDY}").model_dump()
        return JsonResponse(body, status=503, content_type="application/scim+json")
    if request.path_info.startswith(API):
        return problem(503, MESSAGE, REMEDY)
    return errors.database_away(request)
