"""Ending sessions, sign-in links and API tokens, for good."""

from django.db.models import F
from django.utils import timezone

from usher.access.models import AddressChange, ApiToken, SignInLink, User


def end_access(user: User, *, api_tokens: bool) -> int:
    """Ends all sessions and open links of the user, and with `api_tokens` their tokens too. Returns how many tokens.

    For good: a later reactivation brings none of them back. Call it in the transaction that changes the account.
    """
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])
    SignInLink.objects.filter(user=user, used_at=None).delete()
    AddressChange.objects.filter(user=user, used_at=None).delete()
    if not api_tokens:
        return 0
    return ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
