"""Who was invited and never came: Asana lists them as active, which is the commonest reason why figures differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils import timezone

from usher.activity.usage.conditions import arrival_case
from usher.activity.usage.figures import sources_by_workspace
from usher.activity.usage.rules import Arrival
from usher.connections.models import Connection
from usher.roster.models import SEAT
from usher.roster.query import memberships


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


def seat_arrivals(connections: Sequence[Connection]) -> SeatArrivals:
    found = SeatArrivals()
    rows = (
        memberships()
        .filter(SEAT, workspace__connection__in=connections)
        .select_related(None)
        .annotate(arrival=arrival_case(sources_by_workspace(*connections), timezone.now()))
        .order_by()
        .values_list("workspace", "arrival")
        .annotate(Count("pk"))
    )
    for workspace, arrival, seats in rows:
        found.seats[Arrival(arrival)] += seats
        if arrival in (Arrival.NEVER, Arrival.PROBABLY_NEVER):
            found.never_came_by_workspace[workspace] += seats
    return found
