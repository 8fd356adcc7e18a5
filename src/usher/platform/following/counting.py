"""What this process counts and times for /metrics: in memory, until it is kept for all processes together.

Counting is done where something happens and costs nothing. `usher.insights.health.kept_counts` adds it up in the
database. Labels have few values: never a person, an address or a gid.
"""

import threading
from bisect import bisect_left
from typing import NamedTuple

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the buckets of everything that is timed. One more bucket holds what took longer."""


class CountedSeries(NamedTuple):
    """What is counted together. `connection`: the key of the connection that it belongs to, if it belongs to one."""

    name: str
    labels: tuple[str, ...] = ()
    connection: int | None = None


class Counts(NamedTuple):
    """`numbers`: one of a counter, or one for each bucket. `total`: the seconds of everything that was timed."""

    numbers: tuple[int, ...]
    total: float = 0.0

    def plus(self, other: "Counts") -> "Counts":
        numbers = tuple(mine + theirs for mine, theirs in zip(self.numbers, other.numbers, strict=True))
        return Counts(numbers, self.total + other.total)


_counted: dict[CountedSeries, Counts] = {}
_one_at_a_time = threading.Lock()


def count(series: CountedSeries, by: int = 1) -> None:
    add({series: Counts((by,))})


def timed(series: CountedSeries, seconds: float) -> None:
    bucket = bisect_left(SECONDS, seconds)
    numbers = tuple(int(each == bucket) for each in range(len(SECONDS) + 1))
    add({series: Counts(numbers, seconds)})


def add(counted: dict[CountedSeries, Counts]) -> None:
    """Also gives back what was taken and could not be kept."""
    with _one_at_a_time:
        for series, counts in counted.items():
            known = _counted.get(series)
            _counted[series] = counts if known is None else known.plus(counts)


def take() -> dict[CountedSeries, Counts]:
    """All that was counted since the last time."""
    global _counted
    with _one_at_a_time:
        taken, _counted = _counted, {}
    return taken
