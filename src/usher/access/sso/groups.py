"""The groups that an identity provider names give the role and the connections that are seen, at every sign-in."""

from collections.abc import Set

from django.db import transaction

from usher.access.models import IdentityProvider, SignInPolicy, User
from usher.access.roles import UserRole
from usher.access.scope.change import change_scope
from usher.access.users.accounts import CannotChange, UsherNeedsAnAdmin, change_role, subject_of
from usher.access.users.endings import end_access
from usher.ledger.actors import Actor
from usher.ledger.record import record

ALL_CONNECTIONS = "all"


def role_of_groups(provider: IdentityProvider, groups: Set[str]) -> UserRole | None:
    """The highest role of these groups, else the default one. None: nobody of these groups may use Usher."""
    for role in reversed(UserRole):
        if groups & set(provider.role_groups.get(role, [])):
            return role
    return UserRole(provider.default_role) if provider.default_role else None


def connections_of_groups(provider: IdentityProvider, groups: Set[str]) -> list[int] | None:
    """The connections that these groups see together; None: all, also future ones."""
    seen = {key for key, members in provider.scope_groups.items() if groups & set(members)}
    return None if ALL_CONNECTIONS in seen else sorted(map(int, seen))


@transaction.atomic
def apply_groups(user: User, provider: IdentityProvider, groups: Set[str]) -> bool:
    """Gives an account what the groups of its owner say. False: they may not use Usher any more.

    The one place where groups take effect. Without a mapping, the role and what is seen stay as an admin set them.
    The last admin and the break-glass account keep theirs.
    """
    if SignInPolicy.excepts(user):
        return True
    role = role_of_groups(provider, groups) if provider.maps_groups else UserRole(user.role)
    sees_something = not provider.limits_by_groups or connections_of_groups(provider, groups) != []
    if role is None or not sees_something:
        _take_away(user, provider)
        return False
    _set_role(user, role, provider)
    return not provider.limits_by_groups or _set_scope(user, provider, groups)


def actor_of_provider(provider: IdentityProvider) -> Actor:
    return Actor("system", provider.name, via="single sign-on")


def _set_role(user: User, role: UserRole, provider: IdentityProvider) -> bool:
    try:
        change_role(user, role, actor_of_provider(provider))
    except CannotChange:  # the last admin
        return False
    return True


def _set_scope(user: User, provider: IdentityProvider, groups: Set[str]) -> bool:
    """False where the limit cannot be held: then they do not come in."""
    try:
        change_scope(user, connections_of_groups(provider, groups), actor_of_provider(provider))
    except UsherNeedsAnAdmin:
        return True
    except CannotChange:
        return False
    return True


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
