"""By what a user can prove again who they are."""

from enum import StrEnum

from allauth.mfa.models import Authenticator

from usher.access.models import User


class Way(StrEnum):
    """How somebody proves again who they are."""

    PASSWORD = "password"  # noqa: S105  # no password
    CODE = "code"
    PASSKEY = "passkey"


def ways_to_prove(user: User) -> list[Way]:
    """Who has a second factor proves with it, because a password may be known to others; others with their password."""
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    ways = []
    if Authenticator.Type.WEBAUTHN in kinds:
        ways.append(Way.PASSKEY)
    if kinds & {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}:
        ways.append(Way.CODE)
    if not ways and user.has_usable_password():
        ways.append(Way.PASSWORD)
    return ways
