"""Who was invited and never came: Asana lists them as active, which is the commonest reason why figures differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from usher.activity.usage.cells import ConnectionCells
from usher.activity.usage.rules import Arrival
from usher.roster.models import Licence


@dataclass
class SeatArrivals:
    """Seats by whether their person ever came. They add up to all seats."""

    seats: Counter[Arrival] = field(default_factory=Counter)
    never_came_by_workspace: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.seats.total()

    @property
    def came(self) -> int:
        return self.seats[Arrival.CAME]

    @property
    def never(self) -> int:
        return self.seats[Arrival.NEVER]

    @property
    def probably_never(self) -> int:
        return self.seats[Arrival.PROBABLY_NEVER]

    @property
    def unknown(self) -> int:
        return self.seats[Arrival.UNKNOWN]

    @property
    def never_came(self) -> int | None:
        """Sure or likely; None where nothing is known of anybody."""
        if self.unknown == self.total and self.total:
            return None
        return self.never + self.probably_never

    @property
    def how_sure(self) -> str:
        if self.never_came is None:
            return "seats; no source tells yet"
        if not self.never_came:
            return "seats"
        return f"seats: {self.never:,} surely, {self.probably_never:,} probably"


def seat_arrivals(counted: Sequence[ConnectionCells]) -> SeatArrivals:
    found = SeatArrivals()
    for cell in chain.from_iterable(of_connection.counted.cells for of_connection in counted):
        if cell.licence is not Licence.MEMBER:
            continue
        found.seats[cell.arrival] += cell.people
        if cell.arrival in (Arrival.NEVER, Arrival.PROBABLY_NEVER):
            found.never_came_by_workspace[cell.workspace] += cell.people
    return found
