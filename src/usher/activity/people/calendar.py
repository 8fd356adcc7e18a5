"""A year of days, laid out week by week for a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from usher.activity.ingest.spans import Span, covers
from usher.activity.models import ActiveDay
from usher.activity.usage.rules import FRESH, Sources
from usher.platform.days import begin_of, end_of
from usher.roster.models import Membership, Status

DAYS = 365
CELL, GAP = 11, 3
LEFT, TOP = 30, 18  # space for the names of weekdays and months
QUARTER_HOUR, HOUR, THREE_HOURS = 900, 3_600, 10_800  # seconds


class MembershipCoverage(msgspec.Struct, frozen=True):
    """Since when a person is in a workspace, and the time that its sources cover."""

    since: datetime
    observed: tuple[Span, ...]


class DayState(StrEnum):
    """What is known about a day. The value is the CSS class of its cell."""

    LEVEL_1 = "level-1"
    LEVEL_2 = "level-2"
    LEVEL_3 = "level-3"
    LEVEL_4 = "level-4"
    AUTOMATED = "automated"
    NONE = "none"
    UNKNOWN = "unknown"
    BEFORE = "before"

    @classmethod
    def of(
        cls,
        stored: ActiveDay | None,
        day: date,
        memberships: Sequence[MembershipCoverage],
        zone: ZoneInfo,
        now: datetime,
    ) -> "DayState":
        """A day is NONE only if it is covered completely in all workspaces of the person."""
        if stored and stored.human:
            return cls._by_usage(stored.usage_seconds)
        if stored and stored.automated:
            return cls.AUTOMATED
        begins_at, ends_at = begin_of(day, zone), end_of(day, zone)
        begun = [membership for membership in memberships if membership.since < ends_at]
        if memberships and not begun:
            return cls.BEFORE
        covered = begun and all(_covers(one, begins_at, min(ends_at, now - FRESH)) for one in begun)
        return cls.NONE if covered else cls.UNKNOWN

    @classmethod
    def _by_usage(cls, seconds: int) -> "DayState":
        if seconds < QUARTER_HOUR:
            return cls.LEVEL_1
        if seconds < HOUR:
            return cls.LEVEL_2
        return cls.LEVEL_3 if seconds < THREE_HOURS else cls.LEVEL_4

    @property
    def is_use(self) -> bool:
        return self.value.startswith("level")


def _covers(membership: MembershipCoverage, begins_at: datetime, ends_at: datetime) -> bool:
    begins_at = max(begins_at, membership.since)
    return covers(membership.observed, begins_at, max(begins_at, ends_at))


def membership_coverage(
    owned: Sequence[Membership], sources: Mapping[int, Sources]
) -> list[MembershipCoverage]:
    """Of the active memberships in organizations; of all others only if there are none."""
    active = [membership for membership in owned if membership.status == Status.ACTIVE] or owned
    counted = [membership for membership in active if membership.workspace.is_organization] or active
    return [
        MembershipCoverage(membership.since, tuple(sources.get(membership.workspace_id, Sources()).observed))
        for membership in counted
    ]


class Cell(msgspec.Struct, frozen=True):
    """A day and its position in the drawing, in pixels."""

    day: date
    x: int
    y: int
    state: DayState
    sessions: int = 0
    usage: timedelta = timedelta()
    automated: int = 0


class Label(msgspec.Struct, frozen=True):
    text: str
    x: int
    y: int


@dataclass(frozen=True)
class Calendar:
    """Weeks are columns that begin on Monday. The last day is today in the connection's time zone."""

    cells: list[Cell]
    months: list[Label]
    weekdays: list[Label]
    width: int
    height: int

    @property
    def active(self) -> list[Cell]:
        """Days with human or automated use, newest first."""
        return [cell for cell in reversed(self.cells) if cell.state.is_use or cell.automated]

    @property
    def days_of_use(self) -> int:
        return sum(cell.state.is_use for cell in self.cells)

    @property
    def has_uncovered_days(self) -> bool:
        return any(cell.state is DayState.UNKNOWN for cell in self.cells)


def calendar_of(
    days: Sequence[ActiveDay],
    memberships: Sequence[MembershipCoverage],
    today: date,
    zone: ZoneInfo,
    now: datetime,
) -> Calendar:
    first = today - timedelta(days=DAYS - 1)
    monday = first - timedelta(days=first.weekday())
    stored = {day.day: day for day in days}
    cells, months = [], []
    for position in range((today - first).days + 1):
        day = first + timedelta(days=position)
        x = LEFT + (day - monday).days // 7 * (CELL + GAP)
        active = stored.get(day)
        cells.append(
            Cell(
                day,
                x,
                TOP + day.weekday() * (CELL + GAP),
                DayState.of(active, day, memberships, zone, now),
                active.sessions if active else 0,
                in_minutes(timedelta(seconds=active.usage_seconds)) if active else timedelta(),
                active.automated if active else 0,
            )
        )
        # The name of a month stands above its first whole week.
        if day.weekday() == 0 and day.day <= 7:
            months.append(Label(f"{day:%b}", x, TOP - 6))
    weekdays = [
        Label(name, 0, TOP + row * (CELL + GAP) + CELL - 2)
        for row, name in ((0, "Mon"), (2, "Wed"), (4, "Fri"))
    ]
    return Calendar(cells, months, weekdays, width=cells[-1].x + CELL + 1, height=TOP + 7 * (CELL + GAP))


def in_minutes(span: timedelta) -> timedelta:
    """Rounded to minutes: usage time is an estimate."""
    return timedelta(minutes=round(span.total_seconds() / 60))
