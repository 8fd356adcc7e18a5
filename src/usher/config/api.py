"""The REST API under /api/v1/: one document of all that it can do, and one form of refusals."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from usher.access.roles import NotAllowed
from usher.access.throttle.attempts import TooManyAttempts
from usher.access.tokens.api_tokens import find_token
from usher.asana import AsanaError
from usher.directory.models import Source
from usher.directory.tokens import source_of
from usher.refusals import Refused
from usher.removal.cases.lookup import LookupFailed
from usher.rest.examples import add_examples
from usher.rest.serving import served
from usher.web.refused.problems import (
    CONTENT_TYPE,
    SCHEMA,
    NoSuchThing,
    UnreadableRequest,
    problem,
    problem_of,
)

CORRECT = "Correct what is named and send it again. /api/v1/openapi.json describes every field."
STATUS: dict[type[Refused], int] = {
    NotAllowed: 403,
    LookupFailed: 404,
    NoSuchThing: 404,
    TooManyAttempts: 429,
    UnreadableRequest: 422,
}
"""Of refusals that are not a conflict (409)."""

REFUSALS = {
    400: "The body is not JSON.",
    401: "The token is missing, wrong, revoked or over.",
    403: "The token does not allow this.",
    404: "There is no such thing.",
    422: "A field has a value that it cannot have.",
    429: "The token has sent more requests than it may in a minute. `Retry-After` says when to go on.",
}
"""What any operation may answer."""
LIMITS = {
    name: {"schema": {"type": "string"}, "description": text}
    for name, text in (
        ("RateLimit-Policy", "How many requests the token may send in how many seconds."),
        ("RateLimit", "How many of them are left, and the seconds until they are renewed."),
    )
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "The same request with the same key is done once; for a day, its answer is repeated.",
}


class DescribedApi(NinjaAPI):
    """Describes refusals with each operation, so that a client made from the description knows them all."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:  # noqa: ANN401  # as django-ninja has it
        document = super().get_openapi_schema(**options)
        document["components"]["schemas"]["Problem"] = SCHEMA
        for operations in document["paths"].values():
            for method, operation in operations.items():
                _describe(operation, changes=method != "get")
        add_examples(document)
        return document


def _describe(operation: dict[str, Any], *, changes: bool) -> None:
    answers, content = (
        operation["responses"],
        {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    )
    for status, text in REFUSALS.items():
        answers.setdefault(status, {"description": text})
    for status, answer in answers.items():
        answer["headers"] = {**answer.get("headers", {}), **LIMITS}
        if int(status) >= 400:
            answer["content"] = content
    if changes:
        operation["parameters"] = [*operation.get("parameters", []), KEY]


# No page of documentation: it would load scripts from elsewhere.
api = DescribedApi(
    title="Usher", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api"
)
api.add_router("/directory", "usher.directory.api.employees.router")
for part in (
    "roster",
    "insights.people",
    "access",
    "removal.guardrails",
    "roster.seat_prices",
    "contracts.agreements",
    "contracts",
    "insights",
    "insights.reconciliation",
    "notify",
):
    api.add_router("", f"usher.{part}.api.router")
api.add_router("", "usher.connections.api.connecting.router")
for part in ("people", "matches", "sources", "questions", "imports", "absence"):
    api.add_router("", f"usher.directory.api.{part}.router")
for part in ("events", "usage"):
    api.add_router("", f"usher.activity.api.{part}.router")
for part in ("rules", "trials", "questions"):
    api.add_router("", f"usher.policy.api.{part}.router")
for part in ("new_events", "destinations"):
    api.add_router("", f"usher.streams.api.{part}.router")
for part in ("leavers", "bulk", "cases", "decisions", "remarks", "pauses"):
    api.add_router("", f"usher.removal.api.{part}.router")


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = problem(
        401,
        "The token is missing, wrong, ended or was revoked.",
        "Send it as “Authorization: Bearer usher_…”. A new one is made in Usher.",
    )
    answer["WWW-Authenticate"] = 'Bearer realm="Usher"'
    return answer


@api.exception_handler(HttpError)
def _not_readable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, f"{str(error).removesuffix('.')}.", CORRECT)


@api.exception_handler(ValidationError)
def _unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    found = [
        {"field": ".".join(str(part) for part in each["loc"][2:] or each["loc"]), "message": each["msg"]}
        for each in error.errors
    ]
    first = f"{found[0]['field']}: {found[0]['message']}" if found else "The request cannot be read."
    more = f" And {len(found) - 1} more." if len(found) > 1 else ""
    return problem(422, f"{first}{more}", CORRECT, "UnreadableRequest", found)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 409)
    answer = problem_of(error, status)
    if isinstance(error, TooManyAttempts):
        answer["Retry-After"] = str(int(error.wait.total_seconds()) + 1)
    return answer


@api.exception_handler(AsanaError)
def _asana_failed(request: HttpRequest, error: AsanaError) -> HttpResponse:
    return problem(502, str(error), error.remedy, "AsanaFailed")


def _is_token(token: str) -> bool:
    """Of a person, or of a source of employees."""
    return find_token(token) is not None or source_of(token, Source.Kind.API) is not None


def urls() -> list[URLPattern | URLResolver]:
    """Open to all without a session: each operation asks for a token by itself."""
    patterns = list(api.urls[0])
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = served(pattern.callback, _is_token)
            pattern.callback.login_required = False  # type: ignore[attr-defined]  # as login_not_required does
    return patterns
