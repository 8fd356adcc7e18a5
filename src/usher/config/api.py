"""The REST API under /api/v1/: one document of all that it can do, and one form of refusals."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from usher.access.roles import NotAllowed
from usher.access.throttle.attempts import TooManyAttempts
from usher.asana import AsanaError
from usher.refusals import Refused
from usher.removal.cases.lookup import LookupFailed

CORRECT = "Correct what is named and send it again. /api/v1/openapi.json describes every field."
STATUS: dict[type[Refused], int] = {NotAllowed: 403, LookupFailed: 404, TooManyAttempts: 429}
"""Of refusals that are not a conflict (409)."""

REFUSALS = {
    400: "The body is not JSON.",
    401: "The token is missing, wrong, revoked or over.",
    403: "The token does not allow this.",
    404: "There is no such thing.",
    422: "A field has a value that it cannot have.",
}
"""What any operation may answer."""
REFUSAL_SCHEMA = {
    "type": "object",
    "required": ["message", "remedy"],
    "properties": {
        "message": {"type": "string", "description": "What happened."},
        "remedy": {"type": "string", "description": "What to do about it."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


class DescribedApi(NinjaAPI):
    """Describes refusals with each operation, so that a client made from the description knows them all."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:  # noqa: ANN401  # as django-ninja has it
        document = super().get_openapi_schema(**options)
        content = {"application/json": {"schema": REFUSAL_SCHEMA}}
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, text in REFUSALS.items():
                    operation["responses"].setdefault(status, {"description": text, "content": content})
        return document


# No page of documentation: it would load scripts from elsewhere.
api = DescribedApi(
    title="Usher", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api"
)
api.add_router("/directory", "usher.directory.api.employees.router")
api.add_router("", "usher.removal.api.router")


def refusal(request: HttpRequest, status: int, message: str, remedy: str, **more: object) -> HttpResponse:
    """Every refusal says what happened, and what to do."""
    return api.create_response(request, {"message": message, "remedy": remedy, **more}, status=status)


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = refusal(
        request,
        401,
        "The token is missing, wrong, ended or was revoked.",
        "Send it as “Authorization: Bearer usher_…”. A new one is made in Usher.",
    )
    answer["WWW-Authenticate"] = 'Bearer realm="Usher"'
    return answer


@api.exception_handler(HttpError)
def _not_readable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return refusal(request, error.status_code, f"{str(error).removesuffix('.')}.", CORRECT)


@api.exception_handler(ValidationError)
def _unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    found = [
        {"field": ".".join(str(part) for part in each["loc"][2:] or each["loc"]), "message": each["msg"]}
        for each in error.errors
    ]
    first = f"{found[0]['field']}: {found[0]['message']}" if found else "The request cannot be read."
    more = f" And {len(found) - 1} more." if len(found) > 1 else ""
    return refusal(request, 422, f"{first}{more}", CORRECT, errors=found)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 409)
    answer = refusal(request, status, error.message, error.remedy)
    if isinstance(error, TooManyAttempts):
        answer["Retry-After"] = str(int(error.wait.total_seconds()) + 1)
    return answer


@api.exception_handler(AsanaError)
def _asana_failed(request: HttpRequest, error: AsanaError) -> HttpResponse:
    return refusal(request, 502, str(error), error.remedy)


def urls() -> list[URLPattern | URLResolver]:
    """Open to all without a session: each operation asks for a token by itself."""
    patterns = list(api.urls[0])
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback.login_required = False  # type: ignore[attr-defined]  # as login_not_required does
    return patterns
