"""Sets of days, as numbers: bit 0 is today, bit 1 yesterday. So a whole history is combined by `&` and `|`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class LastDays:
    """The last `count` days, including `today`."""

    today: date
    count: int

    @property
    def first(self) -> date:
        return self.today - timedelta(days=self.count - 1)

    @property
    def all(self) -> int:
        return (1 << self.count) - 1

    def between(self, first: date | None, last: date | None = None) -> int:
        """The days from `first` to `last`, both included, as far as they are among these. None: no bound."""
        newest = 0 if last is None or last >= self.today else (self.today - last).days
        oldest = self.count - 1 if first is None or first <= self.first else (self.today - first).days
        return ((1 << (oldest + 1)) - 1) & ~((1 << newest) - 1) if oldest >= newest else 0

    def where(self, mask: int) -> Iterator[date]:
        """The days of a set, newest first."""
        for back in range(self.count):
            if mask >> back & 1:
                yield self.today - timedelta(days=back)

    def stretches(self, mask: int) -> Iterator[tuple[date, date]]:
        """The days of a set as (first, last) of each unbroken stretch, newest first."""
        back = 0
        while mask >> back:
            if mask >> back & 1:
                newest = back
                while mask >> (back + 1) & 1:
                    back += 1
                yield self.today - timedelta(days=back), self.today - timedelta(days=newest)
            back += 1
