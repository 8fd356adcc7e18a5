"""What fewer seats save, held against a search over all packs."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.arithmetic.test_amounts import prices
from tests.contracts.arithmetic.test_ladder import all_sizes, ladders
from usher.contracts.arithmetic.amounts import PricePeriod, UnitPrice
from usher.contracts.arithmetic.ladder import DEFAULT_LADDER, Ladder, ladder
from usher.contracts.arithmetic.reduction import reduction

ASANA = ladder(DEFAULT_LADDER)
PRICE = UnitPrice(Decimal("24.99"), PricePeriod.MONTH)


@given(ladders(), prices, st.integers(0, 800), st.integers(0, 800))
def test_the_saving_is_what_the_cheapest_pack_that_fits_costs_less(
    of: Ladder, price: UnitPrice, bought: int, needed: int
) -> None:
    found = reduction(bought, needed, of, price)
    now = price.for_a_year(bought)
    fitting = [now - price.for_a_year(pack) for pack in all_sizes(of, 3_000) if pack >= needed]
    assert found.saves_a_year == max([*fitting, Decimal(0)] if fitting else [Decimal(0)])


@given(ladders(), prices, st.integers(0, 800), st.integers(0, 800))
def test_the_next_pack_takes_the_fewest_more_seats_for_a_larger_saving(
    of: Ladder, price: UnitPrice, bought: int, needed: int
) -> None:
    found = reduction(bought, needed, of, price)
    more = [
        freed
        for freed in range(1, needed + 1)
        if (then := of.smallest_for(needed - freed)) is not None
        and then < bought
        and (found.pack is None or then < found.pack)
    ]
    assert found.more_to_free == min(more, default=None)
    if found.more_to_free is not None and found.next_pack is not None:
        assert found.next_saves_a_year == price.for_a_year(bought - found.next_pack)


def test_the_example_of_the_page() -> None:
    found = reduction(200, 171, ASANA, PRICE)
    assert (found.pack, found.seats_saved, found.spare) == (175, 25, 4)
    assert found.saves_a_year == Decimal("7497.00")
    assert (found.next_pack, found.more_to_free) == (150, 21)
    assert found.next_saves_a_year == Decimal("14994.00")


def test_seats_that_reach_no_smaller_pack_save_nothing() -> None:
    found = reduction(200, 180, ASANA, PRICE)
    assert found.saves_a_year == 0
    assert (found.next_pack, found.more_to_free) == (175, 5)


def test_more_seats_than_bought_save_nothing_and_are_missing() -> None:
    found = reduction(200, 217, ASANA, PRICE)
    assert (found.pack, found.saves_a_year, found.seats_missing) == (225, 0, 17)
    assert (found.next_pack, found.more_to_free) == (175, 42)


def test_where_no_pack_is_large_enough_nothing_is_promised() -> None:
    found = reduction(10, 12, ladder("2, 5, 10"), PRICE)
    assert (found.pack, found.saves_a_year, found.spare) == (None, 0, None)
