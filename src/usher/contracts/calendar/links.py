"""The secret address by which a calendar program reads a user's renewals. One for each user; a new one replaces it."""

import hashlib
import secrets

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from usher.access.models import User
from usher.contracts.models import CalendarLink
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.scope import whole_installation

PREFIX = "usher_calendar_"


@transaction.atomic
def make_link(user: User, actor: Actor) -> str:
    """Returns the address, which is not stored and cannot be shown again."""
    token = PREFIX + secrets.token_urlsafe(32)
    had_one = CalendarLink.objects.filter(user=user).delete()[0]
    CalendarLink.objects.create(user=user, token_hash=_hash(token))
    record(actor, "calendar.link_replaced" if had_one else "calendar.link_made", _subject(user))
    return f"{settings.USHER_BASE_URL}{reverse('contracts:feed', args=[token])}"


@transaction.atomic
def revoke_link(user: User, actor: Actor) -> bool:
    """From now on, the address shows nothing. Returns False if there is none."""
    if not CalendarLink.objects.filter(user=user).delete()[0]:
        return False
    record(actor, "calendar.link_revoked", _subject(user))
    return True


@whole_installation()
def user_of(token: str) -> User | None:
    """Whose address this is, if they may still sign in. Found by its hash, so that response times reveal nothing."""
    if not token.startswith(PREFIX):
        return None
    found = CalendarLink.objects.select_related("user").filter(token_hash=_hash(token)).first()
    if found is None or not found.user.is_active:
        return None
    today = timezone.now().date()
    if found.last_read_on != today:
        CalendarLink.objects.filter(pk=found.pk).update(last_read_on=today)
    return found.user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _subject(user: User) -> str:
    return f"user {user.pk}: {user.username}"
