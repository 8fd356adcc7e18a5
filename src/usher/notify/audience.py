"""Who is told: by role, by the connections that they see, by what they chose, and by the minimum that admins set."""

from collections.abc import Iterable

import msgspec

from usher.access.models import User
from usher.access.roles import UserRole
from usher.notify.kinds import KINDS
from usher.notify.models import Notice, NoticeChoice, NoticeMinimum
from usher.notify.notice_kind import NoticeKind

ROLES = [str(role) for role in UserRole]


class Wish(msgspec.Struct, frozen=True):
    """By which ways a user is told of a kind. `is_required`: an admin decided that one way stays."""

    by_mail: bool
    by_slack: bool
    is_required: bool = False

    @property
    def is_told(self) -> bool:
        return self.by_mail or self.by_slack

    @property
    def in_words(self) -> str:
        ways = [way for way, is_on in (("e-mail", self.by_mail), ("Slack", self.by_slack)) if is_on]
        return " and ".join(ways) or "not told"


def reaches(role: str, least: str) -> bool:
    """Whether the role is `least` or higher. False for a role that does not exist."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)


def wish_of(kind: NoticeKind, role: str, choice: NoticeChoice | None, minimum: str | None) -> Wish:
    """Pure. A required kind without any way left comes by e-mail."""
    is_required = minimum is not None and reaches(role, minimum)
    is_on = kind.is_on and reaches(role, kind.audience)
    by_mail, by_slack = (choice.by_mail, choice.by_slack) if choice else (is_on, False)
    return Wish(by_mail or (is_required and not by_slack), by_slack, is_required)


def may_be_told(kind: NoticeKind, role: str) -> bool:
    """What a role may not look at it is not told of either; everything else, users choose for themselves."""
    return reaches(role, UserRole.VIEWER) and not kind.to_address


def sees(user: User, connection: int | None) -> bool:
    """Users who are limited to some connections are told about those alone."""
    return user.scope is None or (connection is not None and connection in user.scope)


def receivers(notice: Notice) -> list[tuple[User, Wish]]:
    """Call it where everything is seen."""
    kind = KINDS[notice.kind]
    minimum = NoticeMinimum.objects.filter(kind=kind.name).values_list("role", flat=True).first()
    choices = {each.user_id: each for each in NoticeChoice.objects.filter(kind=kind.name)}
    users: Iterable[User] = User.objects.filter(is_active=True).exclude(pk__in=notice.not_to).order_by("pk")
    found = []
    for user in users:
        if not may_be_told(kind, user.role) or not sees(user, notice.connection_id):
            continue
        wish = wish_of(kind, user.role, choices.get(user.pk), minimum)
        if wish.is_told:
            found.append((user, wish))
    return found
