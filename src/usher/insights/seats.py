"""Who has a seat in Asana, now and over time, and who joined and left."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection as database
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from usher.connections.models import Connection
from usher.roster.models import Change, Licence, Role, Status, Workspace
from usher.roster.query import memberships

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


def seats_now(connection: Connection | None) -> SeatsNow:
    """Counts all memberships in scope."""
    rows = memberships(connection).select_related(None)
    counts = {
        (Role(row["role"]), Licence(row["licence"])): row["count"]
        for row in rows.filter(status=Status.ACTIVE)
        .values("role", "licence")
        .annotate(count=Count("pk"))
        .order_by()
    }
    return SeatsNow(
        people=rows.filter(status=Status.ACTIVE).aggregate(n=Count("person", distinct=True))["n"],
        seats=sum(n for (_, licence), n in counts.items() if licence == Licence.MEMBER),
        admins=sum(n for (role, _), n in counts.items() if role == Role.ADMIN),
        guests=sum(n for (_, licence), n in counts.items() if licence == Licence.GUEST),
        view_only=sum(n for (_, licence), n in counts.items() if licence == Licence.VIEW_ONLY),
        not_active=rows.filter(status=Status.NOT_ACTIVE).count(),
        by_role_and_licence=counts,
    )


def workspaces_with_counts(connection: Connection | None) -> QuerySet[Workspace]:
    """Each workspace in scope with `active`, `seats`, `admins`, `guests`, `view_only` and `gone`."""
    active = Q(memberships__status=Status.ACTIVE)
    workspaces = Workspace.objects.exclude(left_out=Workspace.LeftOut.FILTER).select_related("connection")
    if connection:
        workspaces = workspaces.filter(connection=connection)
    return workspaces.annotate(
        active=Count("memberships", filter=active),
        seats=Count("memberships", filter=active & Q(memberships__licence=Licence.MEMBER)),
        admins=Count("memberships", filter=active & Q(memberships__role=Role.ADMIN)),
        guests=Count("memberships", filter=active & Q(memberships__licence=Licence.GUEST)),
        view_only=Count("memberships", filter=active & Q(memberships__licence=Licence.VIEW_ONLY)),
        gone=Count("memberships", filter=Q(memberships__status=Status.NOT_ACTIVE)),
    ).order_by("-active", "name")


def joined_and_left(connection: Connection | None, today: date) -> Weeks:
    """Who joined and left by week. Leavers are unknown before the first sync."""
    this_week = today - timedelta(days=today.weekday())
    starts = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS_SHOWN))]
    changes = Change.objects.filter(
        membership__in=memberships(connection).select_related(None), happened_at__date__gte=starts[0]
    )
    first_seen = Change.objects.filter(membership__in=memberships(connection).select_related(None)).aggregate(
        first=Min("seen_at")
    )["first"]
    counts = {
        (row["week"].date(), row["kind"]): row["count"]
        for row in changes.annotate(week=TruncWeek("happened_at"))
        .values("week", "kind")
        .annotate(count=Count("pk"))
        .order_by()
    }
    observed_since = timezone.localdate(first_seen) if first_seen else None
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
        Workspace.objects.exclude(left_out=Workspace.LeftOut.FILTER)
        .filter(**({"connection": connection} if connection else {}))
        .annotate(first_count=Min("seat_counts__day"))
        .values_list("pk", "first_count")
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
