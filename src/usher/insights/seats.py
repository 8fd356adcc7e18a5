"""Who has a seat in Asana, now and over time, and who joined and left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import LiteralString

from django.db import connection as database
from django.db.models import Min
from django.utils import timezone

from usher.activity.usage.cells import ConnectionCells
from usher.connections.models import Connection
from usher.roster.models import Licence, Role, SeatCount, Workspace

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
    workspaces = workspaces_with_counts(counted)
    now = SeatsNow(people=sum(one.counted.people for one in counted), workspaces=workspaces)
    for one in workspaces:
        now.not_active += one.not_active
        for kinds, people in one.by_role_and_licence.items():
            now.by_role_and_licence[kinds] += people
    return now


def workspaces_with_counts(counted: Sequence[ConnectionCells]) -> list[WorkspaceSeats]:
    """Each workspace in scope, the largest first."""
    connections = {one.connection.pk: one.connection for one in counted}
    rows = Workspace.objects.only("connection", "gid", "name", "left_out", "last_walked_at")
    if len(connections) == 1:
        rows = rows.filter(connection__in=connections)
    found: dict[int, WorkspaceSeats] = {}
    in_scope = {pk for one in counted for pk in one.sources}
    for workspace in rows.order_by():
        if workspace.pk in in_scope:
            workspace.connection = connections[workspace.connection_id]
            found[workspace.pk] = WorkspaceSeats(workspace=workspace)
    for of_connection in counted:
        for pk, not_active in of_connection.counted.not_active.items():
            found[pk].not_active = not_active
        for cell in of_connection.counted.cells:
            found[cell.workspace].by_role_and_licence[cell.role, cell.licence] += cell.people
    return sorted(found.values(), key=lambda one: (-one.active, one.workspace.name))


@dataclass(frozen=True)
class Watched:
    """The workspaces in scope, of one connection or of all that are seen, and the first day they were counted on."""

    workspaces: list[int]
    are_all: bool
    """Whether no other workspace is seen."""
    since: date | None


def watched(connection: Connection | None) -> Watched:
    rows = Workspace.objects.order_by().values_list("pk", "connection", "left_out")
    workspaces, all_seen = [], 0
    for pk, owner, left_out in rows:
        all_seen += 1
        if left_out != Workspace.LeftOut.FILTER and (connection is None or owner == connection.pk):
            workspaces.append(pk)
    are_all = len(workspaces) == all_seen
    counts = SeatCount.objects.all() if are_all else SeatCount.objects.filter(workspace__in=workspaces)
    return Watched(workspaces, are_all, counts.aggregate(first=Min("day"))["first"])


CHANGES_BY_WEEK: LiteralString = """
    SELECT week.begins_at, kind.name, (
        SELECT count(*) FROM roster_change change
        WHERE change.kind = kind.name AND change.happened_at >= week.begins_at AND change.happened_at < week.ends_at
    )
    FROM (
        SELECT edge AS begins_at, lead(edge) OVER (ORDER BY edge) AS ends_at
        FROM unnest(%(edges)s::timestamptz[]) AS edge
    ) AS week
    CROSS JOIN unnest(%(kinds)s::text[]) AS kind (name)
"""
CHANGES_OF_SOME: LiteralString = """
    SELECT (%(edges)s::timestamptz[])[width_bucket(change.happened_at, %(edges)s::timestamptz[])],
           change.kind, count(*)
    FROM roster_membership membership JOIN roster_change change ON change.membership_id = membership.id
    WHERE membership.workspace_id = ANY (%(workspaces)s) AND change.kind = ANY (%(kinds)s)
      AND change.happened_at >= (%(edges)s::timestamptz[])[1]
    GROUP BY 1, 2
"""


def joined_and_left(connection: Connection | None, today: date, among: Watched | None = None) -> Weeks:
    """Who joined and left by week. Leavers are unknown before the first sync."""
    among = among or watched(connection)
    this_week = today - timedelta(days=today.weekday())
    starts = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS_SHOWN))]
    mondays = [*starts, this_week + timedelta(weeks=1)]
    # In UTC, as they come back: a moment that occurs twice in a zone would be equal to no other.
    edges = [timezone.make_aware(datetime.combine(day, time())).astimezone(UTC) for day in mondays]
    with database.cursor() as cursor:
        cursor.execute(
            CHANGES_BY_WEEK if among.are_all else CHANGES_OF_SOME,
            {
                "edges": edges,
                "kinds": ["joined", "returned", "left"],
                "workspaces": among.workspaces,
            },
        )
        counts = {(begins_at, kind): people for begins_at, kind, people in cursor.fetchall()}
    joined: list[int | None] = []
    left: list[int | None] = []
    for start, begins_at in zip(starts, edges, strict=False):
        joined.append(counts.get((begins_at, "joined"), 0) + counts.get((begins_at, "returned"), 0))
        was_observed = among.since is not None and start + timedelta(days=6) >= among.since
        left.append(counts.get((begins_at, "left"), 0) if was_observed else None)
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


def seat_history(connection: Connection | None, today: date, among: Watched | None = None) -> SeatHistory:
    """By day in the first weeks after the first sync, else by week."""
    among = among or watched(connection)
    days = _points(among.since, today) if among.since else []
    counts: dict[tuple[date, str], int] = {}
    if days:
        with database.cursor() as cursor:
            cursor.execute(COUNTS_AT_EACH_DAY, {"days": days, "workspaces": among.workspaces})
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
