"""Who has a seat in Asana, now and over time, and who joined and left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import connection as database
from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from usher.activity.usage.cells import ConnectionCells
from usher.connections.models import Connection
from usher.directory.models import Standing
from usher.roster.models import Change, Licence, Role, SeatCount, Workspace

WEEKS_SHOWN = 26
DAYS_SHOWN_AT_FIRST = 56


@dataclass
class Seats:
    """Memberships, by kind. `seats` are those that are billed, as far as the API shows."""

    by_role_and_licence: Counter[tuple[Role, Licence]] = field(default_factory=Counter)
    """Of the active ones."""
    not_active: int = 0

    @property
    def active(self) -> int:
        return self.by_role_and_licence.total()

    @property
    def seats(self) -> int:
        return self._with(Licence.MEMBER)

    @property
    def admins(self) -> int:
        return self._with(Role.ADMIN)

    @property
    def guests(self) -> int:
        return self._with(Licence.GUEST)

    @property
    def view_only(self) -> int:
        return self._with(Licence.VIEW_ONLY)

    def _with(self, kind: Role | Licence) -> int:
        """A role and a licence may have the same value, and are different all the same."""
        place = 0 if isinstance(kind, Role) else 1
        return sum(count for kinds, count in self.by_role_and_licence.items() if kinds[place] == kind)


@dataclass
class WorkspaceSeats(Seats):
    workspace: Workspace = field(kw_only=True)


@dataclass
class SeatsNow(Seats):
    """Of all workspaces together; `people` have an active membership in at least one of them."""

    people: int = field(kw_only=True)
    workspaces: list[WorkspaceSeats] = field(kw_only=True)


@dataclass(frozen=True)
class Weeks:
    """Figures for each week, oldest first. None means not observed, which differs from zero."""

    starts: list[date]
    joined: list[int | None]
    left: list[int | None]


@dataclass(frozen=True)
class SeatHistory:
    """Active memberships by licence on each day, oldest first. None before the first sync."""

    days: list[date]
    by_licence: dict[Licence, list[int | None]]


def seats_now(counted: Sequence[ConnectionCells]) -> SeatsNow:
    """Of one connection or of several together."""
    connections = [of_connection.connection for of_connection in counted]
    people = Standing.objects.filter(group__gt="", connection__in=connections)
    workspaces = workspaces_with_counts(counted)
    now = SeatsNow(people=people.count(), workspaces=workspaces)
    for one in workspaces:
        now.by_role_and_licence += one.by_role_and_licence
        now.not_active += one.not_active
    return now


def workspaces_with_counts(counted: Sequence[ConnectionCells]) -> list[WorkspaceSeats]:
    """Each workspace in scope, the largest first."""
    keys = [pk for of_connection in counted for pk in of_connection.sources]
    workspaces = Workspace.objects.select_related("connection").in_bulk(keys)
    found = {pk: WorkspaceSeats(workspace=workspace) for pk, workspace in workspaces.items()}
    for of_connection in counted:
        for pk, not_active in of_connection.counted.not_active.items():
            found[pk].not_active = not_active
        for cell in of_connection.counted.cells:
            found[cell.workspace].by_role_and_licence[cell.role, cell.licence] += cell.people
    return sorted(found.values(), key=lambda one: (-one.active, one.workspace.name))


def _workspaces(connection: Connection | None) -> QuerySet[Workspace]:
    in_scope = Workspace.objects.exclude(left_out=Workspace.LeftOut.FILTER)
    return in_scope.filter(connection=connection) if connection else in_scope


def joined_and_left(connection: Connection | None, today: date) -> Weeks:
    """Who joined and left by week. Leavers are unknown before the first sync."""
    this_week = today - timedelta(days=today.weekday())
    starts = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS_SHOWN))]
    workspaces = list(_workspaces(connection))
    began = timezone.make_aware(datetime.combine(starts[0], time()))
    changes = Change.objects.filter(happened_at__gte=began, kind__in=["joined", "returned", "left"])
    if Workspace.objects.count() > len(workspaces):  # else an index says it all
        changes = changes.filter(membership__workspace__in=workspaces)
    counts = {
        (row["week"].date(), row["kind"]): row["count"]
        for row in changes.annotate(week=TruncWeek("happened_at"))
        .values("week", "kind")
        .annotate(count=Count("pk"))
        .order_by()
    }
    observed_since = SeatCount.objects.filter(workspace__in=workspaces).aggregate(first=Min("day"))["first"]
    joined: list[int | None] = []
    left: list[int | None] = []
    for start in starts:
        joined.append(counts.get((start, "joined"), 0) + counts.get((start, "returned"), 0))
        was_observed = observed_since is not None and start + timedelta(days=6) >= observed_since
        left.append(counts.get((start, "left"), 0) if was_observed else None)
    return Weeks(starts, joined, left)


COUNTS_AT_EACH_DAY = """
    SELECT point.day::date, licence, sum(people)
    FROM unnest(%(days)s::date[]) AS point (day)
    CROSS JOIN unnest(%(workspaces)s::bigint[]) AS workspace (id)
    -- The newest count on or before the day: between two syncs, the previous one is valid.
    JOIN LATERAL (
        SELECT max(day) AS day FROM roster_seatcount
        WHERE workspace_id = workspace.id AND day <= point.day
    ) AS newest ON newest.day IS NOT NULL
    JOIN roster_seatcount counted ON counted.workspace_id = workspace.id AND counted.day = newest.day
    GROUP BY point.day, licence
"""


def seat_history(connection: Connection | None, today: date) -> SeatHistory:
    """By day in the first weeks after the first sync, else by week."""
    workspaces = list(
        _workspaces(connection).annotate(first_count=Min("seat_counts__day")).values_list("pk", "first_count")
    )
    firsts = [first for _, first in workspaces if first]
    days = _points(min(firsts), today) if firsts else []
    counts: dict[tuple[date, str], int] = {}
    if days:
        with database.cursor() as cursor:
            cursor.execute(COUNTS_AT_EACH_DAY, {"days": days, "workspaces": [pk for pk, _ in workspaces]})
            counts = {(day, licence): int(people) for day, licence, people in cursor.fetchall()}
    known = {day for day, _ in counts}
    return SeatHistory(
        days,
        {
            licence: [counts.get((day, licence), 0) if day in known else None for day in days]
            for licence in Licence
        },
    )


def _points(first: date, today: date) -> list[date]:
    if (today - first).days <= DAYS_SHOWN_AT_FIRST:
        return [first + timedelta(days=n) for n in range((today - first).days + 1)]
    weeks = min(WEEKS_SHOWN, (today - first).days // 7)
    return [today - timedelta(weeks=back) for back in reversed(range(weeks + 1))]
