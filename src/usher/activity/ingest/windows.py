"""How [start, end) of an audit log is shared out among walkers: pure planning over moments.

Asana answers oldest first with an exclusive end, so a span splits into windows that are read side by side. A
walker that has finished takes half of what is left of the largest window, so that all end at about the same time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from usher.activity.ingest.spans import Span, joined

SMALLEST_SHARE = timedelta(minutes=10)
"""No span is split into windows smaller than this: each costs a request to see its end."""

WORTH_HALVING = 4
"""Pages that must be left, as far as one can tell, for a second walker to be of help."""


LEAST_WORTH_HALVING = timedelta(minutes=1)
"""Whatever a page spans: many events of one moment must not lead to windows of milliseconds."""


@dataclass
class LogWindow:
    """[starts_at, ends_at), read up to `read_until`."""

    starts_at: datetime
    ends_at: datetime
    read_until: datetime
    is_done: bool = False
    key: int = 0  # of the stored row

    @property
    def left(self) -> timedelta:
        return timedelta(0) if self.is_done else max(timedelta(0), self.ends_at - self.read_until)


def split(start: datetime, end: datetime, parts: int) -> list[LogWindow]:
    """At most `parts` windows that together are exactly [start, end), none smaller than a useful share."""
    if end <= start:
        return []
    count = max(1, min(parts, (end - start) // SMALLEST_SHARE))
    edges = [start + (end - start) * n / count for n in range(count)] + [end]
    return [LogWindow(one, other, one) for one, other in pairwise(_in_milliseconds(edges))]


def steal(windows: Iterable[LogWindow], page_span: timedelta) -> tuple[LogWindow, LogWindow] | None:
    """Halves the window with most left: (that window, now shorter; the new one). None when nothing is worth it.

    `page_span` is the time that a page has spanned so far, on average: with it the time left is told in pages.
    """
    largest = max(windows, key=lambda window: window.left, default=None)
    if largest is None or largest.left < max(WORTH_HALVING * page_span, LEAST_WORTH_HALVING):
        return None
    [middle] = _in_milliseconds([largest.read_until + largest.left / 2])
    if not largest.read_until < middle < largest.ends_at:
        return None  # everything left lies in one millisecond
    taken = LogWindow(middle, largest.ends_at, middle)
    largest.ends_at = middle
    return largest, taken


def give_up_before(oldest: datetime, windows: Iterable[LogWindow]) -> list[LogWindow]:
    """The same windows, less what was not read in time: Asana has deleted what lies before `oldest`.

    What had been read of such a window counts; the rest is a gap for ever, even though Asana would answer for it
    (with nothing).
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
    """The same windows as far as they lie before: what follows is planned anew, and what was read of it read again."""
    result = []
    for window in windows:
        if window.ends_at <= at:
            result.append(window)
        elif window.starts_at < at:
            read_until = min(window.read_until, at)
            result.append(LogWindow(window.starts_at, at, read_until, window.is_done or read_until == at))
    return result


def unplanned(windows: Iterable[LogWindow], oldest: datetime) -> list[LogWindow]:
    """Windows for the time between the given ones that none of them holds, as far back as Asana has events.

    Such a hole is left when a process dies between shortening a window and storing the half taken from it.
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
    """What has been read whole: over contiguous finished windows, as far as no unfinished one lies before."""
    ordered = sorted(windows, key=lambda window: window.starts_at)
    finished = []
    for window in ordered:
        if not window.is_done:
            break
        finished.append(Span(window.starts_at, window.ends_at))
    return joined(finished)


def _in_milliseconds(moments: list[datetime]) -> list[datetime]:
    """Asana counts in milliseconds: an edge in between would be read as another one."""
    return [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in moments]
