"""The first of Django's authentication backends: it lets nobody in, and keeps out who tries too often."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from usher.access.throttle.attempts import TooManyAttempts, password_attempt


class SlowsGuessing:
    """Every password that is typed to sign in passes here, whatever form it comes from.

    Without `get_user`, so that nobody can be signed in by it.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, **credentials: object
    ) -> None:
        if request is None or username is None:
            return
        try:
            password_attempt(request, username)
        except TooManyAttempts as refusal:
            request.slowed_down = refusal  # type: ignore[attr-defined]  # shown by throttle.middleware
            raise PermissionDenied from refusal
        return
