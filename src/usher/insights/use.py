"""Who uses Asana, how much, and how much of that is known: the dashboard's questions on usage."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import LiteralString

from django.db import connection as database
from django.db.models import Min, Sum

from usher.activity.models import Coverage, PeriodUse
from usher.activity.usage import rules
from usher.activity.usage.figures import sources_by_workspace, window_of
from usher.activity.usage.rules import Confidence, Level, Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import Role

IDLE_LENGTHS = (30, 60, 90)
PERIODS_SHOWN = {"day": 60, "week": 26, "month": 12}

# One pass over all active memberships of connections that share a time zone. `since` is told only of those who
# joined lately: for them it decides how well their use is known.
SURVEY: LiteralString = """
    SELECT workspace_id, role, is_seat, settled, since, age_bucket, level_bucket, in_console, count(*)
    FROM (
        SELECT membership.workspace_id, membership.role,
               membership.licence NOT IN ('guest', 'view_only') AS is_seat,
               membership.since <= %(settled_before)s AS settled,
               CASE WHEN membership.since > %(day_30)s THEN membership.since END AS since,
               CASE
                   WHEN usage.last_used_at IS NULL THEN -1
                   WHEN usage.last_used_at >= %(day_1)s THEN 1
                   WHEN usage.last_used_at >= %(day_7)s THEN 7
                   WHEN usage.last_used_at >= %(day_30)s THEN 30
                   WHEN usage.last_used_at >= %(day_60)s THEN 60
                   WHEN usage.last_used_at >= %(day_90)s THEN 90
                   ELSE 91
               END AS age_bucket,
               CASE
                   WHEN coalesce(usage.active_days, 0) > %(core)s THEN 'core'
                   WHEN usage.active_days > %(regular)s THEN 'regular'
                   WHEN usage.active_days > 0 THEN 'occasional'
                   ELSE 'none'
               END AS level_bucket,
               EXISTS (
                   SELECT FROM activity_consolesighting sighting
                   JOIN activity_consoleimport import ON import.id = sighting.console_import_id
                   WHERE import.connection_id = person.connection_id AND sighting.user_gid = person.gid
               ) AS in_console
        FROM roster_membership membership
        JOIN roster_workspace workspace ON workspace.id = membership.workspace_id
        JOIN roster_person person ON person.id = membership.person_id
        LEFT JOIN activity_personusage usage
            ON usage.connection_id = person.connection_id AND usage.user_gid = person.gid
        WHERE workspace.connection_id = ANY(%(connections)s) AND workspace.left_out <> 'filter'
          AND membership.status = 'active'
    ) surveyed
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""

LAST_USE_LABELS = {
    1: "Today",
    7: "Last 7 days",
    30: "Last 30 days",
    60: "31–60 days ago",
    90: "61–90 days ago",
    91: "Longer ago",
    -1: "Not seen",
    -2: "Unknown",
}


@dataclass
class UseNow:
    """Over active memberships, guests included, except what is said of seats. Counts add up to `people`.

    `idle_known_from` has the days from which on idleness of a length will be known, where it is not yet.
    """

    people: int = 0
    by_level: dict[Level, int] = field(default_factory=lambda: dict.fromkeys(Level, 0))
    by_confidence: dict[Confidence, int] = field(default_factory=lambda: dict.fromkeys(Confidence, 0))
    by_last_use: dict[int, int] = field(default_factory=lambda: dict.fromkeys(LAST_USE_LABELS, 0))
    seats: int = 0
    idle_seats: dict[tuple[Role, int], int] = field(default_factory=lambda: defaultdict(int))
    idle_is_known: set[int] = field(default_factory=set)
    idle_known_from: dict[int, date] = field(default_factory=dict)

    @property
    def is_watched(self) -> bool:
        """Whether the audit log or the stream tells of anyone, and not the Admin Console alone."""
        return bool(self.by_confidence[Confidence.HIGH] or self.by_confidence[Confidence.MEDIUM])

    @property
    def known_share(self) -> float | None:
        """Of the people whose use some source watches or has seen, in percent."""
        if not self.people:
            return None
        return 100 * (self.people - self.by_confidence[Confidence.NONE]) / self.people

    def idle(self, days: int) -> int | None:
        """Seats idle for at least so many of IDLE_LENGTHS; None where no workspace was watched that long."""
        if days not in self.idle_is_known:
            return None
        return sum(count for (_, length), count in self.idle_seats.items() if length >= days)

    @property
    def level(self) -> Level:
        """Of the account: that of the person in the middle among those whose use is known."""
        known = [level for level in Level if level != Level.UNKNOWN]
        total = sum(self.by_level[level] for level in known)
        if not total:
            return Level.UNKNOWN
        passed = 0
        for level in known:
            passed += self.by_level[level]
            if 2 * passed >= total:
                return level
        return Level.UNKNOWN


@dataclass(frozen=True)
class Periods:
    """People who used Asana per period, oldest first, and how much. None where not all of it was watched."""

    starts: list[date]
    people: list[int | None]
    average_days: list[float | None]
    average_minutes: list[float | None]


def use_now(connections: list[Connection]) -> UseNow:
    """Over one connection or several."""
    result = UseNow()
    sharing: dict[str, list[Connection]] = defaultdict(list)
    for connection in connections:
        sharing[connection.time_zone].append(connection)
    for those in sharing.values():
        _add(result, those)
    return result


def _add(result: UseNow, connections: list[Connection]) -> None:
    """Of connections in one time zone, where days and windows are the same."""
    windows = {days: window_of(connections[0], days) for days in (1, 7, 30, 60, 90)}
    sources = sources_by_workspace(*connections)
    for days in IDLE_LENGTHS:
        for known in sources.values():
            if rules.spans_window(known.observed, windows[days]):
                result.idle_is_known.add(days)
            elif day := rules.not_known_before(known, windows[days]):
                result.idle_known_from[days] = min(day, result.idle_known_from.get(days, day))
    for workspace, role, is_seat, settled, since, age, level, in_console, count in _survey(
        connections, windows
    ):
        known = sources.get(workspace, Sources())
        trust = rules.confidence(known, windows[30], since)
        if trust == Confidence.CONSOLE and not in_console:
            trust = Confidence.NONE
        result.people += count
        result.by_confidence[trust] += count
        result.by_level[_level(level, trust)] += count
        result.by_last_use[-2 if age == -1 and trust == Confidence.NONE else age] += count
        if is_seat:
            result.seats += count
            if settled:
                for days in reversed(IDLE_LENGTHS):
                    if (age > days or age == -1) and rules.spans_window(known.observed, windows[days]):
                        result.idle_seats[Role(role), days] += count
                        break


def _level(bucket: str, trust: Confidence) -> Level:
    if bucket != "none":
        return Level(bucket)
    return rules.level(0, trust)


def _survey(
    connections: list[Connection], windows: dict[int, UsageWindow]
) -> list[tuple[int, str, bool, bool, datetime | None, int, str, bool, int]]:
    now = windows[1].now
    with database.cursor() as cursor:
        cursor.execute(
            SURVEY,
            {
                "connections": [connection.pk for connection in connections],
                "settled_before": now - timedelta(days=rules.GRACE_DAYS),
                "core": rules.CORE_DAYS,
                "regular": rules.REGULAR_DAYS,
                **{f"day_{days}": window.begins_at for days, window in windows.items()},
            },
        )
        rows: list[tuple[int, str, bool, bool, datetime | None, int, str, bool, int]] = cursor.fetchall()
    return rows


def use_by_period(connections: list[Connection], period: str, today: date) -> Periods:
    """The last periods up to today; those that were watched and had no use count as zero.

    A period in whose midst watching began is left out: its figures would be too low.
    """
    starts = _starts(period, today)
    watched_from = _watched_from(connections)
    rows = {
        row["starts_on"]: row
        for row in PeriodUse.objects.filter(
            connection__in=connections, period=period, starts_on__gte=starts[0]
        )
        .values("starts_on")
        .annotate(all_people=Sum("people"), all_days=Sum("active_days"), all_seconds=Sum("usage_seconds"))
    }
    people: list[int | None] = []
    average_days: list[float | None] = []
    average_minutes: list[float | None] = []
    for start in starts:
        is_watched = watched_from is not None and start >= watched_from
        row = rows.get(start) if is_watched else None
        people.append(row["all_people"] if row else 0 if is_watched else None)
        average_days.append(round(row["all_days"] / row["all_people"], 1) if row else None)
        average_minutes.append(round(row["all_seconds"] / 60 / row["all_days"], 1) if row else None)
    return Periods(starts, people, average_days, average_minutes)


def _watched_from(connections: list[Connection]) -> date | None:
    """The first whole day on which the audit log or the stream of any workspace was read."""
    begun = Coverage.objects.filter(workspace__connection__in=connections).aggregate(at=Min("begins_at"))[
        "at"
    ]
    return begun.date() + timedelta(days=1) if begun else None


def _starts(period: str, today: date) -> list[date]:
    count = PERIODS_SHOWN[period]
    if period == "day":
        return [today - timedelta(days=back) for back in reversed(range(count))]
    if period == "week":
        monday = today - timedelta(days=today.weekday())
        return [monday - timedelta(weeks=back) for back in reversed(range(count))]
    months = today.year * 12 + today.month - 1
    return [date((months - back) // 12, (months - back) % 12 + 1, 1) for back in reversed(range(count))]
