"""Creating, finding and revoking API tokens."""

import hashlib
import secrets

from django.db import transaction
from django.utils import timezone

from usher.access.models import ApiToken, User
from usher.ledger.actors import Actor
from usher.ledger.record import record


@transaction.atomic
def make_token(user: User, name: str, actor: Actor) -> str:
    """Creates a token and returns it. It cannot be read again."""
    token = ApiToken.PREFIX + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(user=user, name=name, token_hash=_hash(token))
    record(actor, "access.token_made", _subject(made))
    return token


@transaction.atomic
def revoke_token(token: ApiToken, actor: Actor) -> None:
    """Ends access with this token at once."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(actor, "access.token_revoked", _subject(token))


def find_token(text: str) -> ApiToken | None:
    """The token with its user; None when it is unknown or revoked, or its owner is deactivated."""
    if not text.startswith(ApiToken.PREFIX):
        return None
    api_token = (
        ApiToken.objects.select_related("user").filter(token_hash=_hash(text), revoked_at=None).first()
    )
    return api_token if api_token and api_token.user.is_active else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _subject(token: ApiToken) -> str:
    return f"API token {token.pk}: “{token.name}” of {token.user.username}"
