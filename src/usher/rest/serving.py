"""Around every request to the REST API: its limit, its key, and the tag of its answer."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import conditional_page

from usher.platform.scope import whole_installation
from usher.rest.models import KeptAnswer
from usher.web.refused.problems import problem

View = Callable[..., HttpResponseBase]
MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=1)
"""So long an answer is repeated to a request with the same key."""
LONGEST_KEY = 255
SAFE = ("GET", "HEAD", "OPTIONS")
COUNT = """
    INSERT INTO rest_requestcount (token, begins_at, count) VALUES (%s, %s, 1)
    ON CONFLICT (token) DO UPDATE SET
        count = CASE WHEN rest_requestcount.begins_at = EXCLUDED.begins_at THEN rest_requestcount.count + 1 ELSE 1 END,
        begins_at = EXCLUDED.begins_at
    RETURNING count
"""
CLAIM = """
    INSERT INTO rest_keptanswer (token, key, fingerprint, status, content_type, body, at)
    VALUES (%s, %s, %s, 0, '', '', %s) ON CONFLICT DO NOTHING
"""


def served(view: View, is_token: Callable[[str], bool]) -> View:
    """`is_token`: whether a bearer token is one that counts. The view itself refuses requests with another one."""
    tagged = conditional_page(view)

    @wraps(view)
    def serve(request: HttpRequest, *arguments: object, **named: object) -> HttpResponseBase:
        token = _bearer(request)
        if not token or not is_token(token):
            return tagged(request, *arguments, **named)
        name = hashlib.sha256(token.encode()).hexdigest()
        count, resets = _count(name)
        limit = settings.USHER_API_REQUESTS_PER_MINUTE
        answer: HttpResponseBase
        if count > limit:
            answer = problem(
                429,
                f"This token has sent more than {limit:,} requests in a minute.",
                f"Send it again in {resets} seconds.",
                "TooManyRequests",
            )
            answer["Retry-After"] = str(resets)
        elif request.method not in SAFE and "Idempotency-Key" in request.headers:
            answer = _once(request, name, lambda: tagged(request, *arguments, **named))
        else:
            answer = tagged(request, *arguments, **named)
        answer["RateLimit-Policy"] = f'"token";q={limit};w=60'
        answer["RateLimit"] = f'"token";r={max(0, limit - count)};t={resets}'
        return answer

    return serve


@whole_installation()
def forget_old_answers(now: datetime) -> int:
    return KeptAnswer.objects.filter(at__lt=now - KEPT).delete()[0]


def _bearer(request: HttpRequest) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


@whole_installation()
def _count(token: str) -> tuple[int, int]:
    """How many requests there were in this minute, this one among them, and the seconds until the next."""
    now = timezone.now()
    begins = now.replace(second=0, microsecond=0)
    with database.cursor() as cursor:
        cursor.execute(COUNT, [token, begins])
        return int(cursor.fetchone()[0]), max(1, int((begins + MINUTE - now).total_seconds()))


def _once(request: HttpRequest, token: str, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The answer is stored together with the change, or neither is. A second request waits for the first to end."""
    key = request.headers["Idempotency-Key"]
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        return problem(
            422,
            f"Idempotency-Key: between 1 and {LONGEST_KEY} printable ASCII characters are a key.",
            "Make a new one for each change, such as a UUID.",
            "UnreadableRequest",
            [{"field": "Idempotency-Key", "message": "This is no key."}],
        )
    sent = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    fingerprint = hashlib.sha256(sent).hexdigest()
    with transaction.atomic():
        if not _claims(token, key, fingerprint):
            return _repeated(token, key, fingerprint)
        given = answer()
        if given.status_code >= 400 or not isinstance(given, HttpResponse):
            transaction.set_rollback(True)  # so that the same key may be tried again
        else:
            _keep(token, key, given)
    return given


@whole_installation()
def _claims(token: str, key: str, fingerprint: str) -> bool:
    with database.cursor() as cursor:
        cursor.execute(CLAIM, [token, key, fingerprint, timezone.now()])
        return bool(cursor.rowcount)


@whole_installation()
def _repeated(token: str, key: str, fingerprint: str) -> HttpResponse:
    kept = KeptAnswer.objects.get(token=token, key=key)
    if kept.fingerprint != fingerprint:
        return problem(
            422,
            "Another request was sent with this Idempotency-Key.",
            "Use a new key for each change.",
            "KeyOfAnotherRequest",
        )
    answer = HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.content_type)
    answer["Idempotent-Replayed"] = "true"
    return answer


@whole_installation()
def _keep(token: str, key: str, given: HttpResponse) -> None:
    KeptAnswer.objects.filter(token=token, key=key).update(
        status=given.status_code, content_type=given.headers.get("Content-Type", ""), body=given.content
    )
