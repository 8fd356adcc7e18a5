"""The sizes in which seats are sold, and the smallest that fits.

Asana sells plans of 2, 3, 4 and 5 seats (its guide, as a partner repeats it:
support.platinumpartner.com.au/support/solutions/articles/65000187375-upgrade-and-billing) and larger ones in steps
("the number of users/seats on the plan (20, 50, 250, etc.)": asana.com/guide/help/premium/paid-plans). It publishes no
list of the steps. The default below is an assumption that no page confirms: fives to 30, tens to 100, then 25 to 500,
then 50. A contract says its own, as the order form has them; large contracts may be sold in ones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from usher.refusals import Refused

DEFAULT_LADDER = "2, 3, 4, 5, by 5 to 30, by 10 to 100, by 25 to 500, by 50"
SINGLE_SEATS = "1, by 1"

MOST_SEATS = 1_000_000

_STEP = re.compile(r"(?:then )?by (\d{1,7})(?: to (\d{1,7}))?")


class LadderUnreadable(Refused):
    """A ladder that cannot be understood."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(
            f"The pack sizes cannot be read at “{part}”: {why}.",
            f"Write sizes from small to large, then steps, such as “{DEFAULT_LADDER}”.",
        )


@dataclass(frozen=True)
class Steps:
    """The sizes after `above`, `by` apart, up to `to`; for ever if that is None."""

    above: int
    by: int
    to: int | None

    def smallest_for(self, seats: int) -> int:
        """Not below the first size; possibly above `to`."""
        return self.above + max(1, -(-(seats - self.above) // self.by)) * self.by


@dataclass(frozen=True)
class Ladder:
    """Sizes from small to large: single ones, then steps."""

    singles: tuple[int, ...]
    steps: tuple[Steps, ...] = ()

    def smallest_for(self, seats: int) -> int | None:
        """The smallest pack with at least so many seats. None if no pack is that large."""
        for size in self.singles:
            if size >= seats:
                return size
        for stretch in self.steps:
            size = stretch.smallest_for(seats)
            if stretch.to is None or size <= stretch.to:
                return size
        return None

    def next_below(self, seats: int) -> int | None:
        """The largest pack with fewer seats. None if there is none."""
        for stretch in reversed(self.steps):
            last = seats - 1 if stretch.to is None else min(seats - 1, stretch.to)
            if last > stretch.above:
                size = stretch.above + (last - stretch.above) // stretch.by * stretch.by
                if size > stretch.above:
                    return size
        return max((size for size in self.singles if size < seats), default=None)

    def sizes(self, until: int) -> Iterator[int]:
        """All packs with at most so many seats, the smallest first."""
        yield from takewhile(lambda size: size <= until, self.singles)
        for stretch in self.steps:
            last = until if stretch.to is None else min(until, stretch.to)
            yield from range(stretch.above + stretch.by, last + 1, stretch.by)

    @cached_property
    def text(self) -> str:
        """As `ladder` reads it."""
        words = [str(size) for size in self.singles]
        words += [f"by {each.by}" + (f" to {each.to}" if each.to else "") for each in self.steps]
        return ", ".join(words)


def ladder(text: str) -> Ladder:
    """Reads "2, 3, 4, 5, by 5 to 30, by 50". Raises LadderUnreadable."""
    singles: list[int] = []
    steps: list[Steps] = []
    last = 0
    for part in (" ".join(each.split()).lower() for each in text.split(",")):
        if steps and steps[-1].to is None:
            raise LadderUnreadable(part, "steps without an end come last")
        if part.isascii() and part.isdigit() and len(part) <= len(str(MOST_SEATS)):
            if steps:
                raise LadderUnreadable(part, "single sizes come before steps")
            if int(part) <= last:
                raise LadderUnreadable(part, "each size must be larger than the one before")
            last = int(part)
            singles.append(last)
            continue
        found = _STEP.fullmatch(part)
        if found is None:
            raise LadderUnreadable(part, "it is neither a number nor a step")
        by, to = int(found[1]), int(found[2]) if found[2] else None
        if not last:
            raise LadderUnreadable(part, "the first entry must be the smallest size")
        if by == 0:
            raise LadderUnreadable(part, "a step must be at least 1")
        if to is not None and (to <= last or (to - last) % by):
            raise LadderUnreadable(part, f"{to} cannot be reached from {last} in steps of {by}")
        steps.append(Steps(last, by, to))
        last = to or last
    return Ladder(tuple(singles), tuple(steps))
