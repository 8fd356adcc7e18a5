"""Signing in to the API: `Authorization: Bearer usher_…`."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from usher.access.api_tokens import find_token
from usher.access.models import ApiToken, User

USE_NOTED_EVERY = timedelta(minutes=1)


class PersonalToken(HttpBearer):
    """For django-ninja: `request.auth` is the token's owner."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = find_token(token)
        if found is None:
            return None
        now = timezone.now()
        if found.last_used_at is None or now - found.last_used_at >= USE_NOTED_EVERY:
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        request.api_token = found  # type: ignore[attr-defined]  # read by access.roles.actor_of
        return found.user
