"""Whether people sign in by single sign-on only, and the one account that is excepted.

The break-glass account is an admin with a password, for the day on which the identity provider is down.
"""

from django.db import transaction

from usher.access.models import SignInPolicy, User
from usher.access.roles import UserRole
from usher.access.sso.providers import enabled_providers
from usher.access.sso.ties import last_sign_in_of_an_admin
from usher.access.users.accounts import subject_of
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused


class PolicyRefused(Refused):
    """Why single sign-on was not made the only way."""


def policy() -> SignInPolicy:
    return SignInPolicy.objects.select_related("break_glass").first() or SignInPolicy(pk=1)


def is_sso_only() -> bool:
    """Not while no provider is left: nobody could sign in."""
    return SignInPolicy.objects.filter(sso_only=True).exists() and bool(enabled_providers())


def may_sign_in_without_sso(user: User) -> bool:
    return not is_sso_only() or SignInPolicy.excepts(user)


@transaction.atomic
def require_sso(break_glass: User, actor: Actor) -> None:
    """From now on passwords and links sign in only the break-glass account. Raises PolicyRefused."""
    if last_sign_in_of_an_admin(enabled_providers()) is None:
        raise PolicyRefused(
            "No admin has signed in by single sign-on yet.",
            "Sign out, sign in with the provider's button as an admin, then come back.",
        )
    break_glass = User.objects.select_for_update().get(pk=break_glass.pk)
    if not (
        break_glass.is_active and break_glass.role == UserRole.ADMIN and break_glass.has_usable_password()
    ):
        raise PolicyRefused(
            f"{break_glass.username} cannot be the break-glass account.",
            "Choose an active admin who has set a password.",
        )
    before = policy()
    SignInPolicy(pk=1, sso_only=True, break_glass=break_glass).save()
    record(
        actor,
        "settings.sso_required",
        "Single sign-on",
        before={"sso_only": before.sso_only},
        after={"sso_only": True, "break_glass": subject_of(break_glass)},
    )


@transaction.atomic
def allow_passwords(actor: Actor) -> bool:
    """Passwords and links sign in again. False when they did."""
    if not SignInPolicy.objects.select_for_update().filter(sso_only=True).update(sso_only=False):
        return False
    record(
        actor,
        "settings.sso_not_required",
        "Single sign-on",
        before={"sso_only": True},
        after={"sso_only": False},
    )
    return True
