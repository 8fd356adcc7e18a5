"""The groups that an identity provider names give the role, at every sign-in."""

from collections.abc import Set

from django.db import transaction

from usher.access.models import IdentityProvider, SignInPolicy, User
from usher.access.roles import UserRole
from usher.access.users.accounts import CannotChange, change_role, subject_of
from usher.access.users.endings import end_access
from usher.ledger.actors import Actor
from usher.ledger.record import record


def role_of_groups(provider: IdentityProvider, groups: Set[str]) -> UserRole | None:
    """The highest role of these groups, else the default one. None: nobody of these groups may use Usher."""
    for role in reversed(UserRole):
        if groups & set(provider.role_groups.get(role, [])):
            return role
    return UserRole(provider.default_role) if provider.default_role else None


def apply_groups(user: User, provider: IdentityProvider, groups: Set[str]) -> bool:
    """Gives an account what the groups of its owner say. False: they may not use Usher any more.

    The one place where groups take effect. Without a mapping, the role stays as an admin set it.
    The last admin and the break-glass account keep their role.
    """
    if not provider.maps_groups or SignInPolicy.excepts(user):
        return True
    role = role_of_groups(provider, groups)
    if role is not None:
        _set_role(user, role, provider)
        return True
    _take_away(user, provider)
    return False


def actor_of_provider(provider: IdentityProvider) -> Actor:
    return Actor("system", provider.name, via="single sign-on")


def _set_role(user: User, role: UserRole, provider: IdentityProvider) -> bool:
    try:
        change_role(user, role, actor_of_provider(provider))
    except CannotChange:  # the last admin
        return False
    return True


@transaction.atomic
def _take_away(user: User, provider: IdentityProvider) -> None:
    """The least role, and an end to what still acts in the name of the account."""
    if not _set_role(user, UserRole.VIEWER, provider):
        return
    revoked = end_access(user, api_tokens=True)
    record(
        actor_of_provider(provider),
        "access.groups_taken_away",
        subject_of(user),
        after={"api_tokens_revoked": revoked, "provider": provider.name},
    )
