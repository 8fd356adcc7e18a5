"""Amounts in whole cents: what seats cost, and how a sum is divided without losing a cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

CENT = Decimal("0.01")


class PricePeriod(StrEnum):
    """What a price is for."""

    MONTH = "month"
    YEAR = "year"


def to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class UnitPrice:
    """Of one seat. `amount` has at most two decimal places."""

    amount: Decimal
    period: PricePeriod

    @property
    def a_year(self) -> Decimal:
        return self.amount * 12 if self.period == PricePeriod.MONTH else self.amount

    @property
    def a_month(self) -> Decimal:
        """Rounded, where the price is for a year: for showing, not for adding up."""
        return self.amount if self.period == PricePeriod.MONTH else to_cents(self.amount / 12)

    def for_a_year(self, seats: int) -> Decimal:
        return self.a_year * seats

    def for_month(self, seats: int, number: int = 0) -> Decimal:
        """The month with this number (0 to 11) of a year. The twelve months together are `for_a_year`, to the cent."""
        year = self.for_a_year(seats)
        return to_cents(year * (number + 1) / 12) - to_cents(year * number / 12)


def divide(total: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """In proportion to the weights, in whole cents, so that the parts add up to `total` exactly.

    The cents that remain go to the parts that lost most by rounding down, earlier parts first. Raises ValueError
    where there is something to divide and no weight.
    """
    cents = int(total / CENT)
    whole = sum(weights)
    if not whole:
        if cents:
            raise ValueError("nothing to divide by")
        return [Decimal(0)] * len(weights)
    exact = [Fraction(cents * weight, whole) for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(weights)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: cents - sum(parts)]:
        parts[place] += 1
    return [part * CENT for part in parts]
