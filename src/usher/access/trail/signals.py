"""Notes sign-ins, failures and sign-outs, whichever way they come: page, link, or identity provider."""

import logging

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from usher.access.models import User
from usher.access.trail.kinds import Seen
from usher.access.trail.note import note, shown_name, visitor_address

log = logging.getLogger(__name__)


@receiver(user_logged_in)
def _signed_in(request: HttpRequest | None, user: User, **more: object) -> None:
    if request is not None:
        note(request, Seen.SIGNED_IN, getattr(request, "signed_in_by", ""), user=user)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest | None, user: User | None, **more: object) -> None:
    if user is not None:
        note(request, Seen.SIGNED_OUT, user=user)


@receiver(user_login_failed)
def _failed(credentials: dict[str, object], request: HttpRequest | None = None, **more: object) -> None:
    if hasattr(request, "slowed_down"):
        return  # the throttle notes it: no password was compared
    typed = credentials.get("username") or credentials.get("email") or credentials.get("login") or ""
    log.warning("Sign-in failed for %s from %s.", shown_name(str(typed)), visitor_address(request))
    note(request, Seen.SIGN_IN_FAILED, typed_name=str(typed))
