"""Arithmetic with spans of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True, order=True)
class Span:
    """[begins_at, ends_at)"""

    begins_at: datetime
    ends_at: datetime


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in the fewest spans, in order. Spans that touch or overlap become one."""
    given = list(spans)
    if len(given) < 2:
        return given
    result: list[Span] = []
    for span in sorted(given):
        if result and span.begins_at <= result[-1].ends_at:
            result[-1] = Span(result[-1].begins_at, max(result[-1].ends_at, span.ends_at))
        else:
            result.append(span)
    return result


def gaps(spans: Iterable[Span]) -> list[Span]:
    """The spans between the given ones."""
    whole = joined(spans)
    return [Span(one.ends_at, other.begins_at) for one, other in pairwise(whole)]


def covers(spans: Iterable[Span], begins_at: datetime, ends_at: datetime) -> bool:
    """Whether one unbroken span contains all of the time."""
    for span in joined(spans):  # noqa: SIM110  # asked thousands of times for a page; a generator takes twice as long
        if span.begins_at <= begins_at and ends_at <= span.ends_at:
            return True
    return False
