"""Who has a seat in Asana, now and over time, and who joined and left."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection as database
from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from usher.connections.models import Connection
from usher.directory.models import Standing
from usher.roster.models import Change, Licence, Membership, Role, SeatCount, Status, Workspace

WEEKS_SHOWN = 26
DAYS_SHOWN_AT_FIRST = 56


@dataclass(frozen=True)
class SeatsNow:
    """Active memberships. `seats` are those that are billed, as far as the API shows."""

    people: int
    seats: int
    admins: int
    guests: int
    view_only: int
    not_active: int
    by_role_and_licence: dict[tuple[Role, Licence], int]


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


@dataclass
class WorkspaceSeats:
    """The memberships of a workspace, by kind."""

    workspace: Workspace
    active: int = 0
    seats: int = 0
    admins: int = 0
    guests: int = 0
    view_only: int = 0
    gone: int = 0


def seats_now(connection: Connection | None) -> SeatsNow:
    """Counts all memberships in scope."""
    active: Counter[tuple[Role, Licence]] = Counter()
    not_active = 0
    for _, status, role, licence, count in _by_kind(connection):
        if status == Status.ACTIVE:
            active[Role(role), Licence(licence)] += count
        else:
            not_active += count
    people = Standing.objects.filter(group__gt="", **({"connection": connection} if connection else {}))
    return SeatsNow(
        people=people.count(),
        seats=sum(n for (_, licence), n in active.items() if licence == Licence.MEMBER),
        admins=sum(n for (role, _), n in active.items() if role == Role.ADMIN),
        guests=sum(n for (_, licence), n in active.items() if licence == Licence.GUEST),
        view_only=sum(n for (_, licence), n in active.items() if licence == Licence.VIEW_ONLY),
        not_active=not_active,
        by_role_and_licence=dict(active),
    )


def workspaces_with_counts(connection: Connection | None) -> list[WorkspaceSeats]:
    """Each workspace in scope, the largest first."""
    counted = {one.pk: WorkspaceSeats(one) for one in _workspaces(connection).select_related("connection")}
    for workspace, status, role, licence, count in _by_kind(connection):
        seats = counted[workspace]
        if status != Status.ACTIVE:
            seats.gone += count
            continue
        seats.active += count
        seats.admins += count if role == Role.ADMIN else 0
        seats.seats += count if licence == Licence.MEMBER else 0
        seats.guests += count if licence == Licence.GUEST else 0
        seats.view_only += count if licence == Licence.VIEW_ONLY else 0
    return sorted(counted.values(), key=lambda one: (-one.active, one.workspace.name))


def _workspaces(connection: Connection | None) -> QuerySet[Workspace]:
    in_scope = Workspace.objects.exclude(left_out=Workspace.LeftOut.FILTER)
    return in_scope.filter(connection=connection) if connection else in_scope


def _by_kind(connection: Connection | None) -> list[tuple[int, str, str, str, int]]:
    """(workspace, status, role, licence, memberships). PostgreSQL reads an index for it, and no membership."""
    of_workspaces = Membership.objects.filter(workspace__in=list(_workspaces(connection)))
    kinds = of_workspaces.order_by().values_list("workspace", "status", "role", "licence")
    return list(kinds.annotate(count=Count("pk")))


def joined_and_left(connection: Connection | None, today: date) -> Weeks:
    """Who joined and left by week. Leavers are unknown before the first sync."""
    this_week = today - timedelta(days=today.weekday())
    starts = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS_SHOWN))]
    workspaces = list(_workspaces(connection))
    began = timezone.make_aware(datetime.combine(starts[0], time()))
    changes = Change.objects.filter(
        membership__workspace__in=workspaces, happened_at__gte=began, kind__in=["joined", "returned", "left"]
    )
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
