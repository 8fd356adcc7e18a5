"""What fewer seats save: nothing until a smaller pack is reached, and then from a renewal on."""

from dataclasses import dataclass
from decimal import Decimal

from usher.contracts.arithmetic.amounts import UnitPrice
from usher.contracts.arithmetic.ladder import Ladder


@dataclass(frozen=True)
class Reduction:
    """From `bought` seats to the smallest pack for `needed`.

    `pack` is None where no pack is large enough. `next_pack` is the next smaller one below both `pack` and what is
    bought; None if there is none.
    """

    bought: int
    needed: int
    pack: int | None
    next_pack: int | None
    price: UnitPrice

    @property
    def seats_saved(self) -> int:
        """Seats that need not be bought again. Never negative."""
        return max(0, self.bought - self.pack) if self.pack is not None else 0

    @property
    def saves_a_year(self) -> Decimal:
        return self.price.for_a_year(self.seats_saved)

    @property
    def more_to_free(self) -> int | None:
        """How many more seats must be freed for `next_pack`."""
        return None if self.next_pack is None else self.needed - self.next_pack

    @property
    def next_saves_a_year(self) -> Decimal | None:
        """What `next_pack` saves against what is bought now."""
        return None if self.next_pack is None else self.price.for_a_year(self.bought - self.next_pack)

    @property
    def seats_missing(self) -> int:
        """Seats that are needed beyond what is bought."""
        return max(0, self.needed - self.bought)

    @property
    def spare(self) -> int | None:
        """Seats of the pack that nobody would use."""
        return None if self.pack is None else self.pack - self.needed


def reduction(bought: int, needed: int, ladder: Ladder, price: UnitPrice) -> Reduction:
    pack = ladder.smallest_for(needed)
    next_pack = ladder.next_below(bought if pack is None else min(bought, pack))
    return Reduction(bought, needed, pack, next_pack, price)
