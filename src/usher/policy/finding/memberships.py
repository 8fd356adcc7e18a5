"""On which days a membership was active, and of which role and licence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from usher.activity.models import ListedMembership
from usher.activity.usage.figures import local_day
from usher.connections.models import Connection
from usher.policy.finding.days import LastDays
from usher.roster.models import Change, Licence, Role, Status


@dataclass
class MembershipDays:
    """The days of each role and licence; only days on which the membership was active."""

    by_role: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    by_licence: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    active: int = 0

    def of_roles(self, roles: Iterable[Role]) -> int:
        return _any(self.by_role, roles)

    def of_licences(self, licences: Iterable[Licence]) -> int:
        return _any(self.by_licence, licences)


def _any(by_kind: Mapping[str, int], kinds: Iterable[str]) -> int:
    mask = 0
    for kind in kinds:
        mask |= by_kind.get(kind, 0)
    return mask


def changes_since(connection: Connection, days: LastDays) -> dict[int, list[Change]]:
    """By membership, the newest first. Few memberships change in a few months."""
    changes = Change.objects.filter(
        membership__workspace__connection=connection,
        happened_at__date__gte=days.first - timedelta(days=1),
    ).order_by("-happened_at", "-pk")
    found: dict[int, list[Change]] = defaultdict(list)
    for change in changes.only("membership", "kind", "before", "after", "happened_at"):
        found[change.membership_id].append(change)
    return found


def days_of(
    listed: ListedMembership, changes: Iterable[Change], days: LastDays, connection: Connection
) -> MembershipDays:
    """What it is now, with each change taken back from the day on which it happened.

    A day counts as it ended, and today as it is now.
    """
    result = MembershipDays()
    is_active, role, licence = listed.status == Status.ACTIVE, listed.role, listed.licence
    until: date | None = None

    def add(first: date | None) -> None:
        if is_active:
            mask = days.between(first, until)
            result.active |= mask
            result.by_role[role] |= mask
            result.by_licence[licence] |= mask

    for change in changes:
        day = local_day(connection, change.happened_at)
        if until is None or day <= until:
            add(day)
            until = day - timedelta(days=1)
        match change.kind:
            case Change.Kind.JOINED | Change.Kind.RETURNED:
                is_active = False
            case Change.Kind.LEFT:
                is_active = True
            case Change.Kind.ROLE:
                role = change.before
            case Change.Kind.LICENCE:
                licence = change.before
    # A change may be known later than it happened: nothing before the beginning.
    add(local_day(connection, listed.since))
    return result
