"""What may be said of someone's use, and how surely: pure rules over plain facts.

Unknown is a value: where nothing was observed, nothing is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from usher.activity.ingest.spans import Span, covers, joined

FRESH = timedelta(hours=36)
"""A daily sync is this young at most; coverage that ends earlier does not reach today."""

GRACE_DAYS = 30
IDLE_DAYS = 90
CORE_DAYS = 15
REGULAR_DAYS = 5


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    CONSOLE = "console"
    NONE = "none"


class Level(StrEnum):
    """How much someone uses Asana, over the last 30 days."""

    CORE = "core"
    REGULAR = "regular"
    OCCASIONAL = "occasional"
    IDLE = "idle"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class UsageWindow:
    """Whole days in one time zone, `until` included; `now` tells how much of the last day there has been."""

    days: int
    until: date
    zone: ZoneInfo
    now: datetime

    @property
    def first_day(self) -> date:
        return self.until - timedelta(days=self.days - 1)

    @property
    def begins_at(self) -> datetime:
        return datetime.combine(self.first_day, time(), self.zone)

    @property
    def ends_at(self) -> datetime:
        """The end of the last day, or now when that day is not over."""
        return min(datetime.combine(self.until + timedelta(days=1), time(), self.zone), self.now)


@dataclass(frozen=True)
class Sources:
    """For which time each source of a workspace was read, and the day of its newest console export."""

    stream: Sequence[Span] = ()
    audit: Sequence[Span] = ()
    console_on: date | None = None

    @property
    def observed(self) -> list[Span]:
        return joined([*self.stream, *self.audit])


@dataclass(frozen=True)
class ObservedMembership:
    """One membership, and what was seen of its person anywhere."""

    since: datetime
    last_used_at: datetime | None
    sources: Sources = field(default_factory=Sources)


def spans_window(spans: Sequence[Span], window: UsageWindow, since: datetime | None = None) -> bool:
    """Whether a source was read for all of the window, or for as much of it as the membership has lasted.

    What is younger than the last sync may be missing at its end, up to a day and a half.
    """
    begins_at = max(window.begins_at, since) if since else window.begins_at
    return covers(spans, begins_at, max(begins_at, window.ends_at - FRESH))


def confidence(sources: Sources, window: UsageWindow, since: datetime | None = None) -> Confidence:
    """How far the figures of a window can be trusted."""
    if spans_window(sources.stream, window, since):
        return Confidence.HIGH
    if spans_window(sources.audit, window, since) or spans_window(sources.observed, window, since):
        return Confidence.MEDIUM
    return Confidence.CONSOLE if sources.console_on is not None else Confidence.NONE


def is_never(facts: ObservedMembership, now: datetime) -> bool:
    """No use was ever seen, and it would have been: some source reaches back to the membership's start."""
    return facts.last_used_at is None and covers(
        facts.sources.observed, facts.since, max(facts.since, now - FRESH)
    )


def watched_since(sources: Sources, now: datetime) -> datetime | None:
    """Since when use would have been seen, without a gap until now; None where nobody watches."""
    if not sources.observed or sources.observed[-1].ends_at < now - FRESH:
        return None
    return sources.observed[-1].begins_at


def is_idle(facts: ObservedMembership, window: UsageWindow, grace_days: int = GRACE_DAYS) -> bool:
    """A seat, older than the grace period, without use in a window that was watched whole."""
    if facts.since > window.ends_at - timedelta(days=grace_days):
        return False
    if facts.last_used_at is not None and facts.last_used_at >= window.begins_at:
        return False
    return spans_window(facts.sources.observed, window)


def not_known_before(sources: Sources, window: UsageWindow) -> date | None:
    """The first day on which idleness over such a window will be known; None when it is known or nothing is read."""
    if spans_window(sources.observed, window) or not sources.observed:
        return None
    newest = sources.observed[-1]
    if newest.ends_at < window.ends_at - FRESH:
        return None  # not read any more: no day can be promised
    begun = newest.begins_at.astimezone(window.zone)
    first_whole_day = begun.date() if begun.time() == time() else begun.date() + timedelta(days=1)
    return first_whole_day + timedelta(days=window.days - 1)


def level(active_days: int, trust: Confidence) -> Level:
    """By active days in the last 30. Nobody is called idle whom no source watched."""
    if active_days > CORE_DAYS:
        return Level.CORE
    if active_days > REGULAR_DAYS:
        return Level.REGULAR
    if active_days > 0:
        return Level.OCCASIONAL
    return Level.IDLE if trust in (Confidence.HIGH, Confidence.MEDIUM) else Level.UNKNOWN
