"""The sessions of a user: listing and ending them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from usher.access.models import SecurityPolicy, User
from usher.access.sessions.browsers import browser_in_words
from usher.access.sessions.limits import UNKNOWN_ADDRESS
from usher.access.users.accounts import subject_of
from usher.access.users.endings import end_access
from usher.ledger.actors import Actor
from usher.ledger.record import record

LONGEST = timedelta(days=7)  # as the security policy allows at most


class OpenSession(msgspec.Struct, frozen=True):
    """One session, in words."""

    pk: int
    browser: str
    address: str
    by: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_this_one: bool


def open_sessions(user: User, this_key: str | None = None) -> list[OpenSession]:
    """Those that still let somebody in, the newest use first. What ended by a changed account is not among them."""
    policy, now = SecurityPolicy.get(), timezone.now()
    rows = [
        row
        for row in UserSession.objects.purge_and_list(user)
        if now - row.last_seen_at < policy.idle_limit and now - row.created_at < policy.session_limit
    ]
    rows.sort(key=lambda row: (row.session_key == this_key, row.last_seen_at), reverse=True)
    return [_in_words(row, this_key) for row in rows]


def _in_words(row: UserSession, this_key: str | None) -> OpenSession:
    return OpenSession(
        row.pk,
        browser_in_words(row.user_agent),
        "" if row.ip == UNKNOWN_ADDRESS else row.ip,
        row.data.get("by", ""),
        row.created_at,
        row.last_seen_at,
        row.session_key == this_key,
    )


def end_sessions(rows: Iterable[UserSession]) -> int:
    """At once: the next request of each is nobody's. Returns how many."""
    count = 0
    for row in rows:
        row.end()
        count += 1
    return count


@transaction.atomic
def end_sessions_of(user: User, actor: Actor) -> None:
    """All of them and the open sign-in links, by an admin."""
    end_access(user, api_tokens=False)
    record(actor, "access.sessions_ended", subject_of(user))


def delete_ended_sessions() -> None:
    """What ended by itself leaves rows behind."""
    UserSession.objects.filter(created_at__lt=timezone.now() - LONGEST).delete()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
