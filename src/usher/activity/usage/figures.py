"""Usage of each person in any window, and what each source covers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString
from zoneinfo import ZoneInfo

from django.db import connection as database
from django.db.models import Max
from django.utils import timezone

from usher.activity.ingest.spans import Span, gaps, joined
from usher.activity.models import ConsoleSighting, Coverage, EvidenceSource
from usher.activity.usage import rules
from usher.activity.usage.rules import Confidence, Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import Membership, Status, Workspace
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
    WHERE connection_id = %(connection)s AND user_gid = ANY (%(people)s)
    GROUP BY user_gid
"""
PEOPLE_AT_ONCE = 1000


@dataclass(frozen=True)
class PersonFigures:
    """One person's usage in a window. Times are in UTC; minutes are an estimate."""

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
        """Per active day; None without any."""
        return self.usage_minutes / self.active_days if self.active_days else None


def today_of(connection: Connection) -> date:
    """Today in the connection's time zone."""
    return local_day(connection, timezone.now())


def local_day(connection: Connection, moment: datetime) -> date:
    """The calendar day in the connection's time zone."""
    return moment.astimezone(ZoneInfo(connection.time_zone)).date()


def window_of(
    connection: Connection, days: int, until: date | None = None, now: datetime | None = None
) -> UsageWindow:
    """The window of so many days whose last day is `until` (default: today)."""
    now = now or timezone.now()
    return UsageWindow(days, until or local_day(connection, now), ZoneInfo(connection.time_zone), now)


@dataclass(frozen=True)
class KnownWorkspace:
    """A workspace, and what each source covers of it."""

    pk: int
    connection: int
    is_in_scope: bool
    is_read: bool
    sources: Sources


SOURCES: LiteralString = """
    SELECT workspace.id, workspace.connection_id, workspace.left_out <> %(filter)s, workspace.left_out = '',
           CASE WHEN workspace.is_organization THEN exported.newest END,
           coverage.source, coverage.begins_at, coverage.ends_at
    FROM roster_workspace workspace
    LEFT JOIN activity_coverage coverage ON coverage.workspace_id = workspace.id
    LEFT JOIN (SELECT connection_id, max(exported_on) AS newest FROM activity_consoleimport GROUP BY connection_id)
         AS exported ON exported.connection_id = workspace.connection_id
    WHERE workspace.connection_id = ANY (%(connections)s)
    ORDER BY workspace.id
"""


def known_workspaces(connections: Iterable[Connection]) -> list[KnownWorkspace]:
    """All of these connections, in one query."""
    with database.cursor() as cursor:
        cursor.execute(
            SOURCES,
            {
                "connections": [connection.pk for connection in connections],
                "filter": Workspace.LeftOut.FILTER.value,
            },
        )
        rows = cursor.fetchall()
    spans: dict[tuple[int, str], list[Span]] = defaultdict(list)
    for pk, *_, source, begins_at, ends_at in rows:
        if source is not None:
            spans[pk, source].append(Span(begins_at, ends_at))
    return [
        KnownWorkspace(
            pk,
            connection,
            is_in_scope,
            is_read,
            Sources(
                stream=joined(spans.get((pk, EvidenceSource.STREAM.value), ())),
                audit=joined(spans.get((pk, EvidenceSource.AUDIT.value), ())),
                console_on=console_on,
            ),
        )
        for pk, connection, is_in_scope, is_read, console_on in dict.fromkeys(row[:5] for row in rows)
    ]


def sources_by_workspace(*connections: Connection) -> dict[int, Sources]:
    """What each source covers, by workspace."""
    return {one.pk: one.sources for one in known_workspaces(connections)}


def usage(connection: Connection, window: UsageWindow) -> Iterator[PersonFigures]:
    """Everyone with a membership in scope, by e-mail. The last use may be later than the window."""
    by_email = memberships(connection).order_by("person__email", "person_id")
    return usage_of(connection, window, list(dict.fromkeys(by_email.values_list("person_id", flat=True))))


def usage_of(connection: Connection, window: UsageWindow, people: Sequence[int]) -> Iterator[PersonFigures]:
    """The same of these people, by their keys and in their order."""
    sources = sources_by_workspace(connection)
    for first in range(0, len(people), PEOPLE_AT_ONCE):
        yield from _usage_of_some(connection, window, people[first : first + PEOPLE_AT_ONCE], sources)


def _usage_of_some(
    connection: Connection, window: UsageWindow, people: Sequence[int], sources: dict[int, Sources]
) -> Iterator[PersonFigures]:
    memberships_of: dict[int, list[Membership]] = {key: [] for key in people}
    for membership in memberships(connection).filter(person__in=people).order_by("workspace__gid"):
        memberships_of[membership.person_id].append(membership)
    gids = [owned[0].person.gid for owned in memberships_of.values() if owned]
    with database.cursor() as cursor:
        cursor.execute(
            FIGURES,
            {
                "connection": connection.pk,
                "first_day": window.first_day,
                "until": window.until,
                "people": gids,
            },
        )
        days_by_gid = {row[0]: row[1:] for row in cursor.fetchall()}
    # The day of the last activity, or None where the exports have somebody and no activity.
    console = dict(
        ConsoleSighting.objects.filter(console_import__connection=connection, user_gid__in=gids)
        .values_list("user_gid")
        .annotate(Max("last_activity_on"))
    )
    for owned in filter(None, memberships_of.values()):
        person = owned[0].person
        days, sessions, seconds, last_at, last_source, automated_at = days_by_gid.get(
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
            confidence=confidence_of_person(owned, sources, window, in_console=person.gid in console),
        )


def confidence_of_person(
    owned: list[Membership], sources: dict[int, Sources], window: UsageWindow, *, in_console: bool
) -> Confidence:
    """The lowest confidence among the person's organizations; other workspaces have no audit log."""
    active = [membership for membership in owned if membership.status == Status.ACTIVE] or owned
    compared = [membership for membership in active if membership.workspace.is_organization] or active
    order = [Confidence.NONE, Confidence.CONSOLE, Confidence.MEDIUM, Confidence.HIGH]
    return min(
        (
            rules.confidence(
                sources.get(membership.workspace_id, Sources()),
                window,
                membership.since,
                in_console=in_console,
            )
            for membership in compared
        ),
        key=order.index,
    )


@dataclass(frozen=True)
class WorkspaceCoverage:
    """The first and last moment that a source covers, and the gaps in between."""

    workspace: Workspace
    source: EvidenceSource
    begins_at: datetime
    ends_at: datetime
    gaps: list[Span]


def coverage(*connections: Connection) -> Iterator[WorkspaceCoverage]:
    """Every source that was ever read, by workspace."""
    spans_of: dict[tuple[Workspace, EvidenceSource], list[Span]] = defaultdict(list)
    rows = Coverage.objects.filter(workspace__connection__in=connections).select_related("workspace")
    for row in rows.order_by("workspace__name", "source"):
        spans_of[row.workspace, EvidenceSource(row.source)].append(Span(row.begins_at, row.ends_at))
    for (workspace, source), spans in spans_of.items():
        whole = joined(spans)
        yield WorkspaceCoverage(workspace, source, whole[0].begins_at, whole[-1].ends_at, gaps(whole))
