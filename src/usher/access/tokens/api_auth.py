"""Signing in to the API: `Authorization: Bearer usher_…`."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from usher.access.models import ApiToken, User
from usher.access.throttle.attempts import wrong_token
from usher.access.tokens.api_tokens import find_token
from usher.access.trail.note import visitor_address
from usher.platform.scope import enter_scope

LAST_USE_PRECISION = timedelta(minutes=1)


class PersonalToken(HttpBearer):
    """For django-ninja. `request.auth` becomes the owner of the token."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        api_token = find_token(token)
        if api_token is None:
            wrong_token(request, "API token")
            return None
        note_use(api_token, visitor_address(request))
        enter_scope(api_token.seen)
        request.api_token = api_token  # type: ignore[attr-defined]  # read by access.acting.actor_of
        return api_token.user


def note_use(api_token: ApiToken, address: str | None) -> None:
    """When a token was last used, to the minute, and from where. None: on the machine that runs Usher."""
    now = timezone.now()
    if api_token.last_used_at is None or now - api_token.last_used_at >= LAST_USE_PRECISION:
        ApiToken.objects.filter(pk=api_token.pk).update(last_used_at=now, last_used_from=address)
