"""Browsers and addresses from which a user signed in before.

As OWASP's device cookies: who guesses from elsewhere is slowed for the account as a whole, and cannot lock out the
browser in which its owner signed in.
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from usher.access.models import KnownDevice, User
from usher.platform.scope import whole_installation

KNOWN_FOR = timedelta(days=400)  # browsers keep no cookie longer


def cookie_name() -> str:
    return "__Host-usher-device" if settings.SESSION_COOKIE_SECURE else "usher-device"


def device_of(request: HttpRequest) -> str:
    """The hash of the browser's cookie; "" without one."""
    token = request.COOKIES.get(cookie_name(), "")
    return hashlib.sha256(token.encode(errors="replace")).hexdigest() if token else ""


def is_known_device(request: HttpRequest, user: User) -> bool:
    device = device_of(request)
    return bool(device) and _known(user).filter(device_hash=device).exists()


def is_known_address(address: str, user: User) -> bool:
    return bool(address) and _known(user).filter(address=address).exists()


@whole_installation()
def remember_device(request: HttpRequest, user: User, address: str, agent: str) -> bool:
    """After a sign-in. Returns whether the user had never signed in from this browser nor from this address."""
    is_new_place = not (is_known_device(request, user) or is_known_address(address, user))
    device = device_of(request)
    if not device or not KnownDevice.objects.filter(device_hash=device).exists():
        token = secrets.token_urlsafe(32)
        device = hashlib.sha256(token.encode()).hexdigest()
        request.new_device = token  # type: ignore[attr-defined]  # sent by set_cookie
    KnownDevice.objects.update_or_create(
        user=user,
        device_hash=device,
        address=address,
        defaults={"agent": agent, "last_seen_at": timezone.now()},
    )
    return is_new_place


def set_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    token = getattr(request, "new_device", None)
    if token:
        response.set_cookie(
            cookie_name(),
            token,
            max_age=int(KNOWN_FOR.total_seconds()),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _known(user: User) -> QuerySet[KnownDevice]:
    return KnownDevice.objects.filter(user=user, last_seen_at__gt=timezone.now() - KNOWN_FOR)
