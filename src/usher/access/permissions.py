"""What an API token permits: a part of what its owner may."""

from collections.abc import Iterable

from django.db import models

from usher.access.roles import LEAST_ROLE, Action, UserRole


class TokenPermission(models.TextChoices):
    """Each stands for itself: none contains another."""

    READ = "read", "Read"
    OPEN_CASES = "open_cases", "Open cases"
    APPROVE = "approve", "Approve"
    ADMINISTER = "administer", "Administer"


PERMISSION_FOR = {
    Action.READ: TokenPermission.READ,
    Action.SYNC: TokenPermission.OPEN_CASES,
    Action.OPEN_CASES: TokenPermission.OPEN_CASES,
    Action.STOP_REMOVALS: TokenPermission.OPEN_CASES,
    Action.IMPORT_DIRECTORY: TokenPermission.OPEN_CASES,
    Action.MATCH: TokenPermission.OPEN_CASES,
    Action.APPROVE: TokenPermission.APPROVE,
    Action.RESTORE: TokenPermission.APPROVE,
    Action.RESUME_REMOVALS: TokenPermission.ADMINISTER,
    Action.CONNECT: TokenPermission.ADMINISTER,
    Action.SETTINGS: TokenPermission.ADMINISTER,
    Action.USERS: TokenPermission.ADMINISTER,
}


FOR_SERVICE_ACCOUNTS = [TokenPermission.READ, TokenPermission.OPEN_CASES, TokenPermission.ADMINISTER]
"""What a service account can be given. See also `roles.FOR_PEOPLE_ONLY` and `roles.require_person`."""


def role_for(permissions: Iterable[str]) -> UserRole:
    """The least role that may do all that they permit."""
    return max((LEAST_ROLE[action] for action in actions_of(permissions)), key=list(UserRole).index)


def in_words(permissions: Iterable[str]) -> str:
    given = set(permissions)
    return ", ".join(each.label for each in TokenPermission if each in given)


def actions_of(permissions: Iterable[str]) -> frozenset[Action]:
    """What they allow, if the owner's role allows it too."""
    given = set(permissions)
    return frozenset(action for action, permission in PERMISSION_FOR.items() if permission in given)


def permissions_for(role_may: Iterable[Action]) -> list[TokenPermission]:
    """The permissions that are of any use to somebody who may do these actions."""
    useful = {PERMISSION_FOR[action] for action in role_may}
    return [permission for permission in TokenPermission if permission in useful]
