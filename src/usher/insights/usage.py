"""Who uses Asana, how much, and how much of that is known: the figures of the dashboard."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypedDict, cast

from django.db.models import Case, Count, F, IntegerField, Min, Sum, Value, When

from usher.activity.models import Coverage, PeriodUse
from usher.activity.usage import rules
from usher.activity.usage.conditions import (
    LAST_USED,
    idle_condition,
    in_console_export,
    level_by_active_days,
)
from usher.activity.usage.figures import sources_by_workspace, window_of
from usher.activity.usage.rules import Confidence, Level, Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import SEAT, Role, Status
from usher.roster.query import memberships

IDLE_LENGTHS = (30, 60, 90)
PERIODS_SHOWN = {"day": 60, "week": 26, "month": 12}

AGES = (1, 7, 30, 60, 90)
"""The last use is counted by the smallest of these windows, in days, that it lies in."""

LONGER_AGO, NOT_SEEN, UNKNOWN = 91, -1, -2

LAST_USE_LABELS = {
    1: "Today",
    7: "Last 7 days",
    30: "Last 30 days",
    60: "31–60 days ago",
    90: "61–90 days ago",
    LONGER_AGO: "Longer ago",
    NOT_SEEN: "Not seen",
    UNKNOWN: "Unknown",
}


@dataclass
class UsageNow:
    """Counts of active memberships, including guests; they add up to `people`. Seats are counted apart.

    `idle_known_from`: the day from which on idleness of a length will be known, where it is not known yet.
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
    def is_observed(self) -> bool:
        """Whether audit log or event stream cover anybody, and not the Admin Console alone."""
        return any(self.by_confidence[confidence] for confidence in Confidence if confidence.is_observed)

    @property
    def known_share(self) -> float | None:
        """The percentage of memberships for which any source has usage data."""
        if not self.people:
            return None
        return 100 * (self.people - self.by_confidence[Confidence.NONE]) / self.people

    def idle(self, days: int) -> int | None:
        """Seats idle for at least so many of IDLE_LENGTHS; None where no workspace is covered that long."""
        if days not in self.idle_is_known:
            return None
        return sum(count for (_, length), count in self.idle_seats.items() if length >= days)

    @property
    def median_level(self) -> Level:
        """The median usage level of the memberships whose level is known."""
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
    """Active people per period, oldest first, and how much they did. None where coverage is incomplete."""

    starts: list[date]
    people: list[int | None]
    average_days: list[float | None]
    average_minutes: list[float | None]


class _Group(TypedDict):
    """Memberships that are the same in all that the figures depend on."""

    workspace: int
    role: str
    since_in_window: datetime | None
    age: int
    level: str
    in_console: bool
    people: int
    seats: int
    idle_30: int
    idle_60: int
    idle_90: int


def usage_now(connections: list[Connection]) -> UsageNow:
    """Of one connection or of several together."""
    result = UsageNow()
    by_zone: dict[str, list[Connection]] = defaultdict(list)
    for connection in connections:
        by_zone[connection.time_zone].append(connection)
    for those in by_zone.values():
        _add(result, those)
    return result


def _add(result: UsageNow, connections: list[Connection]) -> None:
    """`connections` share a time zone, so that days and windows are the same for all of them."""
    windows = {days: window_of(connections[0], days) for days in AGES}
    sources = sources_by_workspace(*connections)
    for days in IDLE_LENGTHS:
        for known in sources.values():
            if rules.spans_window(known.observed, windows[days]):
                result.idle_is_known.add(days)
            elif day := rules.not_known_before(known, windows[days]):
                result.idle_known_from[days] = min(day, result.idle_known_from.get(days, day))
    for group in _groups(connections, sources, windows):
        confidence = rules.confidence(
            sources.get(group["workspace"], Sources()),
            windows[rules.WINDOW_DAYS],
            group["since_in_window"],
            in_console=group["in_console"],
        )
        level = Level(group["level"])
        if level == Level.IDLE:
            level = rules.level(0, confidence)
        is_unknown = group["age"] == NOT_SEEN and confidence == Confidence.NONE
        result.people += group["people"]
        result.by_confidence[confidence] += group["people"]
        result.by_level[level] += group["people"]
        result.by_last_use[UNKNOWN if is_unknown else group["age"]] += group["people"]
        result.seats += group["seats"]
        role = Role(group["role"])
        # Whoever is idle for 60 days is idle for 30 days too, and is counted once.
        result.idle_seats[role, 90] += group["idle_90"]
        result.idle_seats[role, 60] += group["idle_60"] - group["idle_90"]
        result.idle_seats[role, 30] += group["idle_30"] - group["idle_60"]


def _groups(
    connections: list[Connection], sources: dict[int, Sources], windows: dict[int, UsageWindow]
) -> Iterable[_Group]:
    """All active memberships, in one query.

    `since_in_window` is set only for those who joined within the last 30 days: their confidence depends on it.
    """
    ages = [
        When(**{f"{LAST_USED}__gte": windows[days].begins_at}, then=Value(days))  # smallest window first
        for days in AGES
    ]
    rows = (
        memberships()
        .filter(workspace__connection__in=connections, status=Status.ACTIVE)
        .select_related(None)
        .annotate(
            since_in_window=Case(
                When(since__gt=windows[rules.WINDOW_DAYS].begins_at, then=F("since")), default=None
            ),
            age=Case(
                When(**{LAST_USED: None}, then=Value(NOT_SEEN)),
                *ages,
                default=Value(LONGER_AGO),
                output_field=IntegerField(),
            ),
            level=level_by_active_days(),
            in_console=in_console_export(),
        )
        .order_by()
        .values("workspace", "role", "since_in_window", "age", "level", "in_console")
        .annotate(
            people=Count("pk"),
            seats=Count("pk", filter=SEAT),
            **{
                f"idle_{days}": Count("pk", filter=SEAT & idle_condition(sources, windows[days]))
                for days in IDLE_LENGTHS
            },
        )
    )
    return cast("Iterable[_Group]", rows)


def usage_by_period(connections: list[Connection], period: str, today: date) -> Periods:
    """The last periods up to today. A covered period without use counts as zero.

    A period in the middle of which coverage began is left out, since its figures would be too low.
    """
    starts = _starts(period, today)
    covered_from = _covered_from(connections)
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
        is_covered = covered_from is not None and start >= covered_from
        row = rows.get(start) if is_covered else None
        people.append(row["all_people"] if row else 0 if is_covered else None)
        average_days.append(round(row["all_days"] / row["all_people"], 1) if row else None)
        average_minutes.append(round(row["all_seconds"] / 60 / row["all_days"], 1) if row else None)
    return Periods(starts, people, average_days, average_minutes)


def _covered_from(connections: list[Connection]) -> date | None:
    """The first whole day for which the audit log or the event stream of any workspace was read."""
    first = Coverage.objects.filter(workspace__connection__in=connections).aggregate(at=Min("begins_at"))[
        "at"
    ]
    return first.date() + timedelta(days=1) if first else None


def _starts(period: str, today: date) -> list[date]:
    count = PERIODS_SHOWN[period]
    if period == "day":
        return [today - timedelta(days=back) for back in reversed(range(count))]
    if period == "week":
        monday = today - timedelta(days=today.weekday())
        return [monday - timedelta(weeks=back) for back in reversed(range(count))]
    months = today.year * 12 + today.month - 1
    return [date((months - back) // 12, (months - back) % 12 + 1, 1) for back in reversed(range(count))]
