"""By what a user can prove again who they are."""

from enum import StrEnum

from allauth.mfa.models import Authenticator

from usher.access.models import User
from usher.access.sso.policy import may_sign_in_without_sso
from usher.access.sso.providers import tied_providers


class Way(StrEnum):
    """How somebody proves again who they are."""

    PASSWORD = "password"  # noqa: S105  # no password
    CODE = "code"
    PASSKEY = "passkey"
    PROVIDER = "provider"


def ways_to_prove(user: User) -> list[Way]:
    """Who has a second factor proves with it, because a password may be known to others.

    Others prove with what signs them in: their password, or their identity provider.
    """
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    ways = []
    if Authenticator.Type.WEBAUTHN in kinds:
        ways.append(Way.PASSKEY)
    if kinds & {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}:
        ways.append(Way.CODE)
    if ways:
        return ways
    if tied_providers(user):
        ways.append(Way.PROVIDER)
    if user.has_usable_password() and may_sign_in_without_sso(user):
        ways.append(Way.PASSWORD)
    return ways
