"""What an API token permits: a part of what its owner may."""

from collections.abc import Iterable

from django.db import models

from usher.access.roles import Action


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


def actions_of(permissions: Iterable[str]) -> frozenset[Action]:
    """What they allow, if the owner's role allows it too."""
    given = set(permissions)
    return frozenset(action for action, permission in PERMISSION_FOR.items() if permission in given)


def permissions_for(role_may: Iterable[Action]) -> list[TokenPermission]:
    """The permissions that are of any use to somebody who may do these actions."""
    useful = {PERMISSION_FOR[action] for action in role_may}
    return [permission for permission in TokenPermission if permission in useful]
