"""No cent is lost or made."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.contracts.arithmetic.amounts import PricePeriod, UnitPrice, divide

amounts = st.decimals(Decimal(0), Decimal(100_000), places=2)
prices = st.builds(UnitPrice, amounts, st.sampled_from(PricePeriod))


@given(prices, st.integers(0, 50_000))
def test_the_months_of_a_year_add_up_to_the_year(price: UnitPrice, seats: int) -> None:
    months = [price.for_month(seats, number) for number in range(12)]
    assert sum(months) == price.for_a_year(seats)
    assert max(months) - min(months) <= Decimal("0.01")
    assert all(month == round(month, 2) for month in months)


@given(amounts, st.lists(st.integers(0, 500), min_size=1, max_size=30))
def test_the_parts_add_up_and_each_is_within_a_cent_of_its_share(total: Decimal, weights: list[int]) -> None:
    if not sum(weights):
        weights[0] = 1
    parts = divide(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total) * weight / sum(weights)) < Fraction(1, 100)
        assert part == 0 or weight


def test_with_nobody_to_divide_among_only_nothing_can_be_divided() -> None:
    assert divide(Decimal(0), [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="nothing to divide by"):
        divide(Decimal(1), [0])


def test_a_price_for_a_year_costs_an_even_part_each_month() -> None:
    price = UnitPrice(Decimal("100.00"), PricePeriod.YEAR)
    assert price.a_month == Decimal("8.33")
    assert [price.for_month(1, number) for number in range(3)] == [
        Decimal("8.33"),
        Decimal("8.34"),
        Decimal("8.33"),
    ]
