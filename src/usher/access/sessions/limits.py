"""How long a session lasts: until it is idle for too long, or too old."""

import time
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils import timezone

from usher.access.models import User
from usher.access.security.policy import policy_for
from usher.access.trail.note import agent_of, visitor_address
from usher.platform.scope import whole_installation

SIGNED_IN_AT = "signed-in-at"
SIGNED_IN_BY = "signed-in-by"
POLL_HEADER = "Usher-Poll"
PRECISION = timedelta(minutes=1)
CLOCK_MAY_DIFFER_SECONDS = 300
"""A session that began later than that from now began while the clock ran ahead, and would last too long."""
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  # behind a Unix socket; the column takes no empty one


@whole_installation()
def is_within_limits(request: HttpRequest, user: User) -> bool:
    """Whether the session goes on. Notes that it is used, unless a page only refreshes itself."""
    policy = policy_for(request)
    signed_in_at = request.session.setdefault(SIGNED_IN_AT, time.time())  # older versions noted none
    if not -CLOCK_MAY_DIFFER_SECONDS <= time.time() - signed_in_at < policy.session_limit.total_seconds():
        return False
    row = row_of(request, user)
    idle = timezone.now() - row.last_seen_at
    if idle >= policy.idle_limit:
        return False
    if abs(idle) >= PRECISION and POLL_HEADER not in request.headers:
        row.last_seen_at, row.ip, row.user_agent = timezone.now(), _address(request), agent_of(request)
        row.save(update_fields=["last_seen_at", "ip", "user_agent"])
    return True


def row_of(request: HttpRequest, user: User) -> UserSession:
    """What is known of the session of this request, from the first request on."""
    row: UserSession
    row, _ = UserSession.objects.get_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "ip": _address(request),
            "user_agent": agent_of(request),
            "data": {"by": request.session.get(SIGNED_IN_BY, "")},
        },
    )
    return row


@whole_installation()
def follow_new_key(request: HttpRequest, key_before: str | None) -> None:
    """A session gets a new key when its user signs in or changes the password; what is known of it goes along."""
    key = request.session.session_key
    if not key or key == key_before or not isinstance(request.user, User):
        return
    row = UserSession.objects.filter(session_key=key_before, user=request.user).first()
    if row is not None and not UserSession.objects.filter(session_key=key).exists():
        row.session_key = key
        row.save(update_fields=["session_key"])
        return
    row = row_of(request, request.user)
    row.data, row.ip = {"by": request.session.get(SIGNED_IN_BY, "")}, _address(request)
    row.save(update_fields=["data", "ip"])


def _address(request: HttpRequest) -> str:
    return visitor_address(request) or UNKNOWN_ADDRESS
