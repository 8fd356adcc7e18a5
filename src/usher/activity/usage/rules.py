"""Idle, never, confidence and usage level: pure rules over plain values. `conditions` has the same rules in SQL.

Unknown is a value: where nothing was observed, nothing is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from usher.activity.ingest.spans import Span, covers, joined

FRESH = timedelta(hours=36)
"""The longest time since a daily sync. Coverage that ends earlier does not reach today."""

GRACE_DAYS = 30
IDLE_DAYS = 90
WINDOW_DAYS = 30
"""Levels, confidence and the figures of a person are over so many days."""

CONSOLE_HOLDS_DAYS = 30
"""So long what an export says of the past is taken for the present, where no source tells what came after it."""

CORE_DAYS = 15
REGULAR_DAYS = 5


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    CONSOLE = "console"
    NONE = "none"

    @property
    def is_observed(self) -> bool:
        """Whether audit log or event stream cover the window, so that "no activity" can be said."""
        return self in (Confidence.HIGH, Confidence.MEDIUM)


class Arrival(StrEnum):
    """Whether somebody who was invited ever came. Asana lists them as active in any case."""

    CAME = "came"
    NEVER = "never"
    """The Admin Console's member CSV says so, and nothing has been seen since."""
    PROBABLY_NEVER = "probably_never"
    """The sources cover all the time since the invitation, and have nothing by them."""
    UNKNOWN = "unknown"


class Level(StrEnum):
    """How much someone uses Asana, over the last 30 days."""

    CORE = "core"
    REGULAR = "regular"
    OCCASIONAL = "occasional"
    IDLE = "idle"
    UNKNOWN = "unknown"


LEVELS_ABOVE = ((CORE_DAYS, Level.CORE), (REGULAR_DAYS, Level.REGULAR), (0, Level.OCCASIONAL))
"""The level of whoever has more active days than the number, highest first."""


@dataclass(frozen=True)
class UsageWindow:
    """Whole days in one time zone, including `until`. `now` tells how much of the last day is over."""

    days: int
    until: date
    zone: ZoneInfo
    now: datetime

    @property
    def first_day(self) -> date:
        return self.until - timedelta(days=self.days - 1)

    @cached_property
    def begins_at(self) -> datetime:
        return datetime.combine(self.first_day, time(), self.zone)

    @cached_property
    def ends_at(self) -> datetime:
        """The end of the last day, or now if that day is not over."""
        return min(datetime.combine(self.until + timedelta(days=1), time(), self.zone), self.now)

    def settled_by(self, grace_days: int) -> datetime:
        """Whoever joined until then has been there for so many days, whatever time of the last day it is."""
        return datetime.combine(self.until - timedelta(days=grace_days), time(), self.zone)


@dataclass(frozen=True)
class Sources:
    """The time that each source of a workspace covers, and the day of its newest console export."""

    stream: Sequence[Span] = ()
    audit: Sequence[Span] = ()
    console_on: date | None = None

    @cached_property
    def observed(self) -> list[Span]:
        return joined([*self.stream, *self.audit])


@dataclass(frozen=True)
class ConsoleWord:
    """What the console exports say of one person: the newest one, if it says "never", and whether any has a login."""

    never_logged_in_on: date | None = None
    has_logged_in: bool = False


@dataclass(frozen=True)
class ObservedMembership:
    """A membership, with the last use of its person in any workspace and the sources of its own workspace.

    `since` is the moment of the invitation.
    """

    since: datetime
    last_used_at: datetime | None
    sources: Sources = field(default_factory=Sources)
    last_automated_at: datetime | None = None
    console: ConsoleWord = field(default_factory=ConsoleWord)


def spans_window(spans: Sequence[Span], window: UsageWindow, since: datetime | None = None) -> bool:
    """Whether the spans cover the whole window, or the part of it since the membership began.

    Up to 36 hours may be missing at the end: the time since the last sync.
    """
    begins_at = max(window.begins_at, since) if since else window.begins_at
    return covers(spans, begins_at, max(begins_at, window.ends_at - FRESH))


def confidence(
    sources: Sources, window: UsageWindow, since: datetime | None = None, *, in_console: bool = True
) -> Confidence:
    """How far the figures of a window can be trusted.

    `in_console`: whether the person is in a console export. The export says nothing about anybody else.
    """
    if spans_window(sources.stream, window, since):
        return Confidence.HIGH
    if spans_window(sources.audit, window, since) or spans_window(sources.observed, window, since):
        return Confidence.MEDIUM
    return Confidence.CONSOLE if sources.console_on is not None and in_console else Confidence.NONE


def is_never(membership: ObservedMembership, now: datetime) -> bool:
    """No use was ever seen, although a source covers all the time since the membership began."""
    return membership.last_used_at is None and covers(
        membership.sources.observed, membership.since, max(membership.since, now - FRESH)
    )


def arrival(membership: ObservedMembership, now: datetime) -> Arrival:
    """Whether the person ever came. Automated use counts: somebody had to sign in to allow it."""
    console = membership.console
    if membership.last_used_at or membership.last_automated_at or console.has_logged_in:
        return Arrival.CAME
    said_on, holds_from = console.never_logged_in_on, console_holds_from(membership.sources, now)
    if said_on and holds_from and said_on >= max(holds_from, membership.since.astimezone(UTC).date()):
        return Arrival.NEVER
    return Arrival.PROBABLY_NEVER if is_never(membership, now) else Arrival.UNKNOWN


def console_holds_from(sources: Sources, now: datetime) -> date | None:
    """The first day of which an export still holds: a recent one, or one since which the sources cover all time.

    None for workspaces that exports say nothing about.
    """
    if sources.console_on is None:
        return None
    recent = now.astimezone(UTC).date() - timedelta(days=CONSOLE_HOLDS_DAYS)
    seen = observed_since(sources, now)
    return recent if seen is None else min(recent, seen.astimezone(UTC).date() + timedelta(days=1))


def observed_since(sources: Sources, now: datetime) -> datetime | None:
    """The start of the unbroken coverage that reaches until now; None where there is none."""
    if not sources.observed or sources.observed[-1].ends_at < now - FRESH:
        return None
    return sources.observed[-1].begins_at


def is_idle(membership: ObservedMembership, window: UsageWindow, grace_days: int = GRACE_DAYS) -> bool:
    """Older than the grace period, and without use in a window that is covered completely."""
    if membership.since > window.settled_by(grace_days):
        return False
    if membership.last_used_at is not None and membership.last_used_at >= window.begins_at:
        return False
    return spans_window(membership.sources.observed, window)


def not_known_before(sources: Sources, window: UsageWindow) -> date | None:
    """The first day on which idleness over such a window will be known.

    None if it is known already, or if no source is being read, so that no day can be promised.
    """
    if spans_window(sources.observed, window) or not sources.observed:
        return None
    newest = sources.observed[-1]
    if newest.ends_at < window.ends_at - FRESH:
        return None
    begun = newest.begins_at.astimezone(window.zone)
    first_whole_day = begun.date() if begun.time() == time() else begun.date() + timedelta(days=1)
    return first_whole_day + timedelta(days=window.days - 1)


def level(active_days: int, trust: Confidence) -> Level:
    """By active days in the last 30. Nobody whom no source covers is called idle."""
    for more_than, reached in LEVELS_ABOVE:
        if active_days > more_than:
            return reached
    return Level.IDLE if trust.is_observed else Level.UNKNOWN
