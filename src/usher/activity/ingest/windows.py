"""Divides [start, end) of an audit log among walkers.

Asana answers oldest first with an exclusive end, so a span splits into windows that are read in parallel. A walker
that has finished takes half of the rest of the largest window, so that all finish at about the same time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from usher.activity.ingest.spans import Span, joined

SMALLEST_SHARE = timedelta(minutes=10)
"""Windows are not split smaller than this: each costs one request to find its end."""

WORTH_HALVING = 4
"""A second walker helps only if about this many pages are left."""

LEAST_WORTH_HALVING = timedelta(minutes=1)
"""The minimum, whatever a page spans: many events of one moment must not lead to windows of milliseconds."""


@dataclass
class LogWindow:
    """[starts_at, ends_at), read up to `read_until`."""

    starts_at: datetime
    ends_at: datetime
    read_until: datetime
    is_done: bool = False
    key: int = 0  # primary key of the stored row

    @property
    def left(self) -> timedelta:
        return timedelta(0) if self.is_done else max(timedelta(0), self.ends_at - self.read_until)


def split(start: datetime, end: datetime, parts: int) -> list[LogWindow]:
    """At most `parts` windows that together are exactly [start, end), none smaller than SMALLEST_SHARE."""
    if end <= start:
        return []
    count = max(1, min(parts, (end - start) // SMALLEST_SHARE))
    edges = [start + (end - start) * n / count for n in range(count)] + [end]
    return [LogWindow(one, other, one) for one, other in pairwise(_in_milliseconds(edges))]


def steal(windows: Iterable[LogWindow], page_span: timedelta) -> tuple[LogWindow, LogWindow] | None:
    """Halves the window with the most time left. Returns (that window, now shorter; the new one), or None.

    `page_span`, the average time that a page has spanned so far, turns the time left into a number of pages.
    """
    largest = max(windows, key=lambda window: window.left, default=None)
    if largest is None or largest.left < max(WORTH_HALVING * page_span, LEAST_WORTH_HALVING):
        return None
    [middle] = _in_milliseconds([largest.read_until + largest.left / 2])
    if not largest.read_until < middle < largest.ends_at:
        return None  # the rest lies within one millisecond
    taken = LogWindow(middle, largest.ends_at, middle)
    largest.ends_at = middle
    return largest, taken


def give_up_before(oldest: datetime, windows: Iterable[LogWindow]) -> list[LogWindow]:
    """The same windows, without what was not read in time: Asana has deleted everything before `oldest`.

    The part of such a window that was read counts. The rest is a permanent gap, although Asana would answer (with
    no events).
    """
    result = []
    for window in windows:
        if window.is_done or window.read_until >= oldest:
            result.append(window)
            continue
        if window.read_until > window.starts_at:
            result.append(LogWindow(window.starts_at, window.read_until, window.read_until, is_done=True))
        if window.ends_at > oldest:
            result.append(LogWindow(oldest, window.ends_at, oldest))
    return result


def cut_off(windows: Iterable[LogWindow], at: datetime) -> list[LogWindow]:
    """The same windows up to `at`. The time after it is planned and read again."""
    result = []
    for window in windows:
        if window.ends_at <= at:
            result.append(window)
        elif window.starts_at < at:
            read_until = min(window.read_until, at)
            result.append(LogWindow(window.starts_at, at, read_until, window.is_done or read_until == at))
    return result


def unplanned(windows: Iterable[LogWindow], oldest: datetime) -> list[LogWindow]:
    """Windows for the holes between the given ones, as far back as Asana has events.

    A process that dies between shortening a window and storing the half taken from it leaves a hole.
    """
    ordered = sorted(windows, key=lambda window: window.starts_at)
    result = []
    reached = ordered[0].starts_at if ordered else oldest
    for window in ordered:
        begins_at = max(reached, oldest)
        if window.starts_at > begins_at:
            result.append(LogWindow(begins_at, window.starts_at, begins_at))
        reached = max(reached, window.ends_at)
    return result


def finished_spans(windows: Iterable[LogWindow]) -> list[Span]:
    """The time covered by finished windows, up to the first unfinished one."""
    ordered = sorted(windows, key=lambda window: window.starts_at)
    finished = []
    for window in ordered:
        if not window.is_done:
            break
        finished.append(Span(window.starts_at, window.ends_at))
    return joined(finished)


def _in_milliseconds(moments: list[datetime]) -> list[datetime]:
    """Asana's precision is a millisecond. It would read an edge in between as a different one."""
    return [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in moments]
