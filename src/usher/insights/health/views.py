"""Health for programs: /healthz/details and /metrics. Strangers see neither; /healthz alone is open to all."""

from http import HTTPStatus
from secrets import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from usher.access.models import User
from usher.access.roles import Action
from usher.access.tokens.api_auth import PersonalToken
from usher.insights.health.facts import health_facts
from usher.insights.health.metrics import exposition


@require_safe
@never_cache
@login_not_required
def details(request: HttpRequest) -> HttpResponse:
    """Every fact, for admins (signed in, or by API token). 503 where one is a problem.

    The address of whoever asks decides nothing: behind a proxy, everybody comes from this machine.
    """
    user = PersonalToken()(request) if "Authorization" in request.headers else request.user
    if not isinstance(user, User) or not user.may(Action.SETTINGS):
        return _unauthorized("Sign in as an admin, or send the API token of one.")
    facts = health_facts()
    is_ok = all(fact.is_ok for fact in facts)
    return JsonResponse(
        {
            "ok": is_ok,
            "facts": [
                {
                    "key": fact.key,
                    "label": fact.label,
                    "ok": fact.is_ok,
                    "detail": fact.detail,
                    "remedy": fact.remedy,
                }
                for fact in facts
            ],
        },
        status=HTTPStatus.OK if is_ok else HTTPStatus.SERVICE_UNAVAILABLE,
    )


@require_safe
@never_cache
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with USHER_METRICS_TOKEN or any API token, which sees the connections that its owner sees."""
    if not _has_metrics_token(request) and not isinstance(PersonalToken()(request), User):
        return _unauthorized("Send USHER_METRICS_TOKEN or an API token.")
    body, content_type = exposition(request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=content_type)


def _has_metrics_token(request: HttpRequest) -> bool:
    expected = settings.USHER_METRICS_TOKEN
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return bool(expected) and kind.lower() == "bearer" and compare_digest(token.encode(), expected.encode())


def _unauthorized(how: str) -> HttpResponse:
    return HttpResponse(
        f"{how}\n",
        status=HTTPStatus.UNAUTHORIZED,
        content_type="text/plain; charset=utf-8",
        headers={"WWW-Authenticate": 'Bearer realm="Usher"'},
    )
