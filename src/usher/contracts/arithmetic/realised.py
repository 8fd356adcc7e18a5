"""Money that is no longer paid because cases freed seats.

The invoice decides: a saving begins on the day from which fewer seats are bought, for at most so many seats as the
purchase went down, and ends when it goes up again. A seat freed by a case counts for it unless it was taken again:

- who was freed twice counts once, and who has a seat again before fewer are bought does not count;
- seats that others took meanwhile, net of those who left without a case, are taken off, the newest freed first.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from usher.contracts.arithmetic.amounts import UnitPrice, divide
from usher.contracts.arithmetic.terms import add_months

SeatsOn = Callable[[date], int | None]


@dataclass(frozen=True)
class FreedSeat:
    """By a case. `kind` is what it counts as, `holder` who had the seat, where; `back_on` when they had one again."""

    day: date
    kind: str
    holder: str
    back_on: date | None = None

    def is_back(self, day: date) -> bool:
        return self.back_on is not None and self.back_on <= day


@dataclass(frozen=True)
class Purchase:
    """So many seats are bought from a day on."""

    valid_from: date
    seats: int
    price: UnitPrice


@dataclass
class Saving:
    """Seats that are not bought again from `begins` on, each with the day on which its saving ended."""

    begins: date
    price: UnitPrice
    seats: list[tuple[FreedSeat, date | None]]

    def by_kind(self, day: date) -> Counter[str]:
        return Counter(seat.kind for seat, ended in self.seats if ended is None or day < ended)


@dataclass
class Realised:
    """`waiting`: freed, but still paid for. `taken_again`: freed, and then taken by the same person or another."""

    savings: list[Saving] = field(default_factory=list)
    waiting: list[FreedSeat] = field(default_factory=list)
    taken_again: int = 0
    is_netted: bool = True
    """False where the seats in use were not counted at the beginning or end of a period."""


def once_each(freed: Iterable[FreedSeat]) -> list[FreedSeat]:
    """The last time of each holder, the earliest first."""
    in_order = sorted(freed, key=lambda seat: (seat.day, seat.holder, seat.kind))
    last = {seat.holder: seat for seat in in_order}
    return [seat for seat in in_order if last[seat.holder] is seat]


def realised(
    purchases: Sequence[Purchase],
    freed: Iterable[FreedSeat],
    in_use: SeatsOn,
    today: date,
    counted_since: date | None = None,
) -> Realised:
    """`in_use`: the seats in use on a day, None where they were not counted; `counted_since`: the first day they were.

    Seats freed before the first purchase do not count: the contract was made without them.
    """
    past = sorted((one for one in purchases if one.valid_from <= today), key=lambda one: one.valid_from)
    result = Realised()
    if not past:
        return result
    seats = [seat for seat in once_each(freed) if past[0].valid_from <= seat.day <= today]
    for before, after in zip(past, [*past[1:], None], strict=True):
        end = after.valid_from if after else today
        is_last = after is None
        mine = [seat for seat in seats if before.valid_from <= seat.day and (seat.day < end or is_last)]
        waiting = [seat for seat in [*result.waiting, *mine] if not seat.is_back(end)]
        result.taken_again += len(result.waiting) + len(mine) - len(waiting)
        freed_net = len(waiting) - len(result.waiting)  # in this period, less those who came back in it
        result.waiting = waiting
        begin = max(before.valid_from, counted_since or before.valid_from)
        _take_off(result, _taken(in_use, begin, end, freed_net, result))
        if after is None:
            break
        if after.seats < before.seats:
            count = min(before.seats - after.seats, len(result.waiting))
            if count:
                counted, result.waiting = result.waiting[:count], result.waiting[count:]
                result.savings.append(
                    Saving(after.valid_from, before.price, [(seat, None) for seat in counted])
                )
        else:
            _end(result.savings, after.seats - before.seats, after.valid_from)
    return result


def _taken(in_use: SeatsOn, start: date, end: date, freed: int, result: Realised) -> int:
    """By how much others' seats grew between two days."""
    first, last = in_use(start), in_use(end)
    if first is None or last is None:
        result.is_netted = result.is_netted and not freed
        return 0
    return max(0, last - first + freed)


def _take_off(result: Realised, taken: int) -> None:
    lost = min(taken, len(result.waiting))
    result.taken_again += lost
    result.waiting = result.waiting[: len(result.waiting) - lost]


def _end(savings: list[Saving], more: int, day: date) -> None:
    """So many more seats are bought: the newest savings end."""
    for saving in reversed(savings):
        for place in reversed(range(len(saving.seats))):
            seat, ended = saving.seats[place]
            if more and ended is None:
                saving.seats[place] = seat, day
                more -= 1


def by_month(savings: Iterable[Saving], today: date) -> dict[date, dict[str, Decimal]]:
    """What was saved, by the first day of each month and by kind.

    A saving counts in months of the contract, each in the calendar month in which it begins.
    """
    months: dict[date, dict[str, Decimal]] = {}
    for saving in savings:
        number = 0
        while (day := add_months(saving.begins, number)) <= today:
            kinds = saving.by_kind(day)
            names = sorted(kinds)
            total = saving.price.for_month(kinds.total(), number % 12)
            if kinds:
                row = months.setdefault(day.replace(day=1), {})
                for name, part in zip(names, divide(total, [kinds[name] for name in names]), strict=True):
                    row[name] = row.get(name, Decimal(0)) + part
            number += 1
    return dict(sorted(months.items()))
