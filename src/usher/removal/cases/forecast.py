"""What the guardrails would mean for cases that are not open yet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count

from usher.removal.guardrails.facts import begun_in_last_day, limits_of
from usher.removal.guardrails.rules import allowed_share, earliest_start
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Guardrails
from usher.roster.models import Membership, Status, Workspace


@dataclass(frozen=True)
class WorkspaceOverLimit:
    """`over`: how many of these people would exceed the limit for the workspace."""

    workspace: Workspace
    allowed: int
    begun: int
    over: int


@dataclass(frozen=True)
class Forecast:
    """As if all cases were approved now. `latest`: the start of the last of them."""

    needs_approval: bool
    is_stopped: bool
    daily_limit: int
    share_limit: int
    begun: int
    over_daily: int
    over_share: Sequence[WorkspaceOverLimit]
    earliest: datetime
    latest: datetime

    @property
    def is_over(self) -> bool:
        return bool(self.over_daily or self.over_share)


def forecast(people: Sequence[Candidate], now: datetime) -> Forecast:
    """For people who can be removed; at least one."""
    limits = limits_of(Guardrails.get())
    begun = begun_in_last_day(now)
    people_begun = begun.aggregate(people=Count("case", distinct=True))["people"]
    starts = [
        earliest_start(limits, one.last_day, ZoneInfo(one.person.connection.time_zone), now, removes=True)
        for one in people
    ]
    return Forecast(
        needs_approval=limits.needs_approval,
        is_stopped=limits.is_stopped,
        daily_limit=limits.daily,
        share_limit=limits.share,
        begun=people_begun,
        over_daily=min(len(people), max(0, people_begun + len(people) - limits.daily)),
        over_share=_over_share(people, limits.share, now),
        earliest=min(starts),
        latest=max(starts),
    )


def _over_share(people: Sequence[Candidate], share: int, now: datetime) -> list[WorkspaceOverLimit]:
    requested = Counter(one.workspace_id for person in people for one in person.memberships)
    workspaces = {one.workspace_id: one.workspace for person in people for one in person.memberships}
    begun = dict(begun_in_last_day(now).order_by().values_list("workspace").annotate(Count("pk")))
    active = dict(
        Membership.objects.filter(workspace__in=workspaces, status=Status.ACTIVE)
        .order_by()
        .values_list("workspace")
        .annotate(Count("pk"))
    )
    exceeded = []
    for pk, count in requested.items():
        removed = begun.get(pk, 0)
        allowed = allowed_share(active.get(pk, 0), removed, share)
        over = min(count, max(0, removed + count - allowed))
        if over:
            exceeded.append(WorkspaceOverLimit(workspaces[pk], allowed, removed, over))
    return sorted(exceeded, key=lambda one: one.workspace.name)
