"""Creating, finding and revoking API tokens."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from usher.access.after_restore import is_under_review
from usher.access.mails.outbox import Mail, tell
from usher.access.models import ApiToken, ServiceAccount, User
from usher.access.permissions import TokenPermission, actions_of
from usher.access.roles import UserRole
from usher.access.users.link_sessions import LinkMaker
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused

DEFAULT_DAYS = 90
MOST_DAYS = 365
MOST_EXTENDED = timedelta(days=3653)


def end_of(day: date) -> datetime:
    """Its last moment, in UTC: what ends with a day works until then."""
    return datetime.combine(day, time.max, UTC)


class TokenRefused(Refused):
    """Why a token was not made or changed."""


@transaction.atomic
def make_token(
    user: User,
    name: str,
    actor: Actor,
    maker: LinkMaker | None = None,
    connections: list[int] | None = None,
    *,
    permissions: Iterable[str] = tuple(TokenPermission),
    days: int = DEFAULT_DAYS,
    place: str = "",
) -> str:
    """Creates a token and returns it. It cannot be read again. The owner is told by mail.

    It sees what its owner sees at the time; with `connections`, of that only these.

    `maker` made the link that opened the session: what the session may not approve, the token may not either. For a
    service account, whoever makes the token.
    Raises TokenRefused for more than MOST_DAYS: only an admin lets a token last longer (extend_token).
    """
    if not 1 <= days <= MOST_DAYS:
        raise TokenRefused(f"A token ends within {MOST_DAYS} days.", "An admin can extend it afterwards.")
    token = ApiToken.PREFIX + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        user=user,
        name=name,
        token_hash=_hash(token),
        expires_at=timezone.now() + timedelta(days=days),
        permissions=sorted(TokenPermission(each) for each in permissions),
        link_made_by_id=maker.user_id if maker else None,
        link_made_by_name=maker.name if maker else "",
        scope=connections,
    )
    record(
        actor,
        "access.token_made",
        _subject(made),
        after={"permissions": made.permissions, "ends": made.expires_at.isoformat()},
    )
    until = f"{made.expires_at:%-d %B %Y}"
    if user.is_service:
        for contact in contacts_of(user.service):
            by = actor.name
            tell(contact, Mail.NEW_SERVICE_TOKEN, name=name, service=str(user.service), until=until, by=by)
    else:
        tell(user, Mail.NEW_TOKEN, name=name, until=until, place=place or "the machine that runs Usher")
    return token


def contacts_of(service: ServiceAccount) -> list[User]:
    """Who is told of the tokens of a service account: its contact, or where there is none, the admins who see all."""
    if service.contact is not None and service.contact.is_active:
        return [service.contact]
    return list(User.objects.filter(role=UserRole.ADMIN, is_active=True, scope=None))


@transaction.atomic
def extend_token(token: ApiToken, until: datetime, actor: Actor) -> None:
    """Lets a token last until then, also for longer than a year. Only for admins. Raises TokenRefused."""
    locked = ApiToken.objects.select_for_update().get(pk=token.pk)
    if locked.revoked_at is not None:
        raise TokenRefused("A revoked token stays revoked.", "Its owner can create a new one.")
    if until <= timezone.now():
        raise TokenRefused("The new end is in the past.", "Choose a later day, or revoke the token.")
    if until > timezone.now() + MOST_EXTENDED:
        raise TokenRefused("A token ends within ten years.", "Choose an earlier day.")
    before = locked.expires_at
    locked.expires_at, locked.owner_told_at, locked.was_given_end = until, None, False
    locked.save(update_fields=["expires_at", "owner_told_at", "was_given_end"])
    record(
        actor,
        "access.token_extended",
        _subject(locked),
        before={"ends": before.isoformat()},
        after={"ends": until.isoformat()},
    )


def tell_of_ends() -> int:
    """Writes to the owners of tokens that end soon, once for each end. Returns of how many tokens."""
    now = timezone.now()
    ending = ApiToken.objects.annotate(
        end=Least("expires_at", Coalesce("user__service__ends_at", "expires_at"))
    ).filter(
        revoked_at=None,
        owner_told_at=None,
        end__gt=now,
        end__lte=now + ApiToken.SOON,
        user__is_active=True,
    )
    told = 0
    for token in ending.select_related("user__service__contact"):
        with transaction.atomic():
            if ApiToken.objects.filter(pk=token.pk, owner_told_at=None).update(owner_told_at=now):
                _tell_of_end(token)
                told += 1
    return told


def _tell_of_end(token: ApiToken) -> None:
    until = f"{token.ends_at:%-d %B %Y}"
    if not token.user.is_service:
        tell(token.user, Mail.TOKEN_ENDS, name=token.name, until=until)
        return
    service = token.user.service
    for contact in contacts_of(service):
        tell(contact, Mail.SERVICE_TOKEN_ENDS, name=token.name, service=str(service), until=until)


@transaction.atomic
def revoke_token(token: ApiToken, actor: Actor) -> None:
    """Ends access with this token at once."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(actor, "access.token_revoked", _subject(token))


def find_token(text: str) -> ApiToken | None:
    """The token with its user; None when it is unknown or revoked, or its owner is deactivated or has ended.

    Also None after a restore, until an admin has looked: the token may have been revoked since the backup.
    """
    if not text.startswith(ApiToken.PREFIX) or is_under_review():
        return None
    known = ApiToken.objects.select_related("user__service")
    api_token = known.filter(token_hash=_hash(text), revoked_at=None).first()
    if api_token is None or not api_token.user.is_active or api_token.is_expired:
        return None
    api_token.user.limited_to = actions_of(api_token.permitted)
    return api_token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _subject(token: ApiToken) -> str:
    return f"API token {token.pk}: “{token.name}” of {token.user.username}"
