"""Each SAML assertion signs in once, whichever process reads it."""

import hashlib
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from usher.access.models import UsedAssertion
from usher.access.sso.identity import NotAdmitted

CLOCK_SKEW = timedelta(minutes=5)
"""As long as python3-saml takes an assertion after its end."""

WITHOUT_END = timedelta(days=1)


def use_once(issuer: str, assertion_id: str, ends_at: float | None) -> None:
    """`ends_at`: seconds since 1970, after which it is refused anyway. Raises NotAdmitted when it was used before."""
    now = timezone.now()
    end = datetime.fromtimestamp(ends_at, UTC) if ends_at else now + WITHOUT_END
    UsedAssertion.objects.filter(expires_at__lt=now).delete()
    key = hashlib.sha256(f"{issuer}\n{assertion_id}".encode()).hexdigest()
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(key=key, expires_at=end + 2 * CLOCK_SKEW)
    except IntegrityError:
        raise NotAdmitted(
            "This answer of the identity provider was used before.",
            "Sign in again from the sign-in page; do not reload or go back.",
        ) from None
