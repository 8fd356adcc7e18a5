"""Notes when and how a session began, and forgets one that its user ended."""

import time

from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from usher.access.sessions.limits import SIGNED_IN_AT, SIGNED_IN_BY


@receiver(user_logged_in)
def _began(request: HttpRequest | None, **more: object) -> None:
    if request is not None:
        request.session[SIGNED_IN_AT] = time.time()
        request.session[SIGNED_IN_BY] = getattr(request, "signed_in_by", "")


@receiver(user_logged_out)
def _ended(request: HttpRequest | None, **more: object) -> None:
    if request is not None and request.session.session_key:
        UserSession.objects.filter(session_key=request.session.session_key).delete()
