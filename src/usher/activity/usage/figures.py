"""Figures of use for any window: per person, who is idle, what was read when."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, LiteralString, TypedDict
from zoneinfo import ZoneInfo

from django.db import connection as database
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone
from django_stubs_ext import WithAnnotations

from usher.activity.ingest.spans import Span, gaps, joined
from usher.activity.models import ConsoleImport, ConsoleSighting, Coverage, EvidenceSource
from usher.activity.usage import rules
from usher.activity.usage.rules import Confidence, Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import SEAT, Membership, Status, Workspace
from usher.roster.query import memberships

FIGURES: LiteralString = """
    SELECT user_gid,
           count(*) FILTER (WHERE human > 0 AND day BETWEEN %(first_day)s AND %(until)s),
           coalesce(sum(sessions) FILTER (WHERE day BETWEEN %(first_day)s AND %(until)s), 0),
           coalesce(sum(usage_seconds) FILTER (WHERE day BETWEEN %(first_day)s AND %(until)s), 0),
           max(last_human_at),
           (array_agg(last_human_source ORDER BY last_human_at DESC NULLS LAST))[1],
           max(last_automated_at)
    FROM activity_activeday
    WHERE connection_id = %(connection)s
    GROUP BY user_gid
"""


@dataclass(frozen=True)
class PersonFigures:
    """One person over a window. Times in UTC; minutes are an estimate from first and last actions."""

    gid: str
    name: str
    email: str
    workspace_gids: list[str]
    active_days: int
    sessions: int
    usage_minutes: float
    last_used: datetime | None
    last_used_source: EvidenceSource | None
    automated_last_used: datetime | None
    confidence: Confidence

    @property
    def average_usage_minutes(self) -> float | None:
        """Per active day; None where there was none."""
        return self.usage_minutes / self.active_days if self.active_days else None


def window_of(
    connection: Connection, days: int, until: date | None = None, now: datetime | None = None
) -> UsageWindow:
    """The window of so many days that ends with, and includes, `until` (default: today)."""
    zone, now = ZoneInfo(connection.time_zone), now or timezone.now()
    return UsageWindow(days, until or now.astimezone(zone).date(), zone, now)


def sources_by_workspace(*connections: Connection) -> dict[int, Sources]:
    """What was read of each of their workspaces."""
    spans: dict[tuple[int, str], list[Span]] = defaultdict(list)
    for row in Coverage.objects.filter(workspace__connection__in=connections):
        spans[row.workspace_id, row.source].append(Span(row.begins_at, row.ends_at))
    console_on = dict(
        ConsoleImport.objects.filter(connection__in=connections)
        .order_by()
        .values_list("connection")
        .annotate(Max("exported_on"))
    )
    return {
        pk: Sources(
            stream=joined(spans[pk, EvidenceSource.STREAM]),
            audit=joined(spans[pk, EvidenceSource.AUDIT]),
            console_on=console_on.get(connection) if is_organization else None,
        )
        for pk, is_organization, connection in Workspace.objects.filter(
            connection__in=connections
        ).values_list("pk", "is_organization", "connection")
    }


def usage(connection: Connection, window: UsageWindow) -> Iterator[PersonFigures]:
    """Everyone with a membership in scope, by e-mail. Last use is the newest there is, in the window or after it."""
    with database.cursor() as cursor:
        cursor.execute(
            FIGURES, {"connection": connection.pk, "first_day": window.first_day, "until": window.until}
        )
        lived = {row[0]: row[1:] for row in cursor.fetchall()}
    console = dict(
        ConsoleSighting.objects.filter(console_import__connection=connection, last_activity_on__isnull=False)
        .values_list("user_gid")
        .annotate(Max("last_activity_on"))
    )
    in_export = set(
        ConsoleSighting.objects.filter(console_import__connection=connection).values_list(
            "user_gid", flat=True
        )
    )
    sources = sources_by_workspace(connection)
    people: dict[int, list[Membership]] = defaultdict(list)
    for membership in memberships(connection).order_by("person__email", "person_id", "workspace__gid"):
        people[membership.person_id].append(membership)
    for owned in people.values():
        person = owned[0].person
        days, sessions, seconds, last_at, last_source, automated_at = lived.get(
            person.gid, (0, 0, 0, None, None, None)
        )
        last_on = console.get(person.gid)
        if last_on and (last_at is None or last_on > last_at.astimezone(window.zone).date()):
            last_at = datetime(last_on.year, last_on.month, last_on.day, tzinfo=window.zone)
            last_source = EvidenceSource.CONSOLE
        yield PersonFigures(
            gid=person.gid,
            name=person.name,
            email=person.email,
            workspace_gids=[membership.workspace.gid for membership in owned],
            active_days=days,
            sessions=int(sessions),
            usage_minutes=round(float(seconds) / 60, 1),
            last_used=last_at,
            last_used_source=EvidenceSource(last_source) if last_source else None,
            automated_last_used=automated_at,
            confidence=trust_in(owned, sources, window, in_console=person.gid in in_export),
        )


def trust_in(
    owned: list[Membership], sources: dict[int, Sources], window: UsageWindow, *, in_console: bool
) -> Confidence:
    """Of a person who is in several workspaces, as of the least watched one where an audit log exists at all."""
    living = [membership for membership in owned if membership.status == Status.ACTIVE] or owned
    watched = [membership for membership in living if membership.workspace.is_organization] or living
    order = [Confidence.NONE, Confidence.CONSOLE, Confidence.MEDIUM, Confidence.HIGH]
    found = []
    for membership in watched:
        known = sources.get(membership.workspace_id, Sources())
        trust = rules.confidence(known, window, membership.since)
        found.append(Confidence.NONE if trust == Confidence.CONSOLE and not in_console else trust)
    return min(found, key=order.index)


class SeatUse(TypedDict):
    """What `with_use` adds to a membership."""

    last_used_at: datetime | None
    last_used_source: str | None
    last_automated_at: datetime | None
    active_days: int | None
    usage_seconds: int | None


if TYPE_CHECKING:
    MembershipWithUse = WithAnnotations[Membership, SeatUse]


def with_use(found: QuerySet[Membership]) -> "QuerySet[MembershipWithUse]":
    """The same memberships, with the newest figures of their person: of the last 30 days."""
    return found.annotate(
        last_used_at=F("person__usage__last_used_at"),
        last_used_source=F("person__usage__last_used_source"),
        last_automated_at=F("person__usage__last_automated_at"),
        active_days=F("person__usage__active_days"),
        usage_seconds=F("person__usage__usage_seconds"),
    )


def idle_seats(
    connection: Connection, window: UsageWindow, grace_days: int = rules.GRACE_DAYS
) -> "QuerySet[MembershipWithUse]":
    """Seats that were watched for the whole window and not used in it. The same rule as `judge.is_idle`, in SQL."""
    seats = memberships(connection).filter(SEAT)
    return with_use(seats.filter(idle_condition(connection, window, grace_days)))


def idle_condition(
    connection: Connection,
    window: UsageWindow,
    grace_days: int = rules.GRACE_DAYS,
    sources: dict[int, Sources] | None = None,
) -> Q:
    """Over memberships of this connection. True for nobody in a workspace that was not watched all the time.

    `sources` are those of its workspaces, where they are at hand.
    """
    known_by_workspace = sources_by_workspace(connection) if sources is None else sources
    watched = [pk for pk, known in known_by_workspace.items() if rules.spans_window(known.observed, window)]
    unused = Q(person__usage__last_used_at__lt=window.begins_at) | Q(person__usage__last_used_at=None)
    return Q(workspace__in=watched, since__lte=window.ends_at - timedelta(days=grace_days)) & unused


def never_condition(
    connection: Connection, now: datetime | None = None, sources: dict[int, Sources] | None = None
) -> Q:
    """Over memberships of this connection without any use: they would have been seen from their first day on.

    The same rule as `judge.is_never`, in SQL.
    """
    now = now or timezone.now()
    condition = Q(pk__in=[])
    known_by_workspace = sources_by_workspace(connection) if sources is None else sources
    for pk, known in known_by_workspace.items():
        for span in known.observed:
            if span.ends_at >= now - rules.FRESH:
                condition |= Q(workspace=pk, since__range=(span.begins_at, span.ends_at))
    return condition


@dataclass(frozen=True)
class WorkspaceCoverage:
    """From when to when a source of a workspace was read, and the gaps in between."""

    workspace: Workspace
    source: EvidenceSource
    begins_at: datetime
    ends_at: datetime
    gaps: list[Span]


def coverage(connection: Connection) -> Iterator[WorkspaceCoverage]:
    """Every source that was ever read, per workspace."""
    found: dict[tuple[Workspace, EvidenceSource], list[Span]] = defaultdict(list)
    rows = Coverage.objects.filter(workspace__connection=connection).select_related("workspace")
    for row in rows.order_by("workspace__name", "source"):
        found[row.workspace, EvidenceSource(row.source)].append(Span(row.begins_at, row.ends_at))
    for (workspace, source), spans in found.items():
        whole = joined(spans)
        yield WorkspaceCoverage(workspace, source, whole[0].begins_at, whole[-1].ends_at, gaps(whole))
