"""Money that is no longer paid: never more than the invoice went down, and never twice for one seat."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from usher.contracts.arithmetic.amounts import PricePeriod, UnitPrice
from usher.contracts.arithmetic.realised import FreedSeat, Purchase, Realised, by_month, realised

PRICE = UnitPrice(Decimal("10.00"), PricePeriod.MONTH)
YEAR = date(2025, 3, 1)
RENEWAL = date(2026, 3, 1)
TODAY = date(2026, 11, 29)


def bought(*seats: int) -> list[Purchase]:
    """A year each."""
    return [Purchase(YEAR.replace(year=2025 + number), count, PRICE) for number, count in enumerate(seats)]


def removed(count: int, day: date = date(2025, 9, 1), kind: str = "remove") -> list[FreedSeat]:
    return [FreedSeat(day, kind, f"{kind} {day} {number}") for number in range(count)]


def counted(*steps: tuple[date, int]) -> Callable[[date], int | None]:
    """The newest count on or before the day."""
    return lambda day: next((count for since, count in reversed(steps) if since <= day), None)


def seats_counted(of: Realised) -> int:
    return sum(len(saving.seats) for saving in of.savings)


def test_a_seat_pays_from_the_day_on_which_fewer_are_bought() -> None:
    found = realised(bought(200, 175), removed(30), counted((YEAR, 200), (RENEWAL, 170)), TODAY)
    assert seats_counted(found) == 25
    assert len(found.waiting) == 5
    months = by_month(found.savings, TODAY)
    assert list(months) == [date(2026, month, 1) for month in range(3, 12)]
    assert set(months[date(2026, 3, 1)].items()) == {("remove", Decimal("250.00"))}


def test_without_a_smaller_purchase_nothing_is_saved() -> None:
    found = realised(bought(200), removed(30), counted((YEAR, 200), (date(2025, 9, 1), 170)), TODAY)
    assert not found.savings
    assert len(found.waiting) == 30


def test_a_seat_that_somebody_else_takes_no_longer_counts() -> None:
    in_use = counted((YEAR, 200), (date(2025, 9, 1), 170), (date(2025, 12, 1), 188))
    found = realised(bought(200), removed(30), in_use, TODAY)
    assert (len(found.waiting), found.taken_again) == (12, 18)


def test_who_is_removed_twice_counts_once() -> None:
    twice = [FreedSeat(date(2025, 5, 1), "remove", "ada"), FreedSeat(date(2025, 9, 1), "downgrade", "ada")]
    found = realised(bought(200), twice, counted((YEAR, 200), (date(2025, 9, 1), 199)), TODAY)
    assert found.waiting == twice[1:]


def test_who_has_a_seat_again_counts_no_longer_and_takes_no_other_seat_with_them() -> None:
    back = FreedSeat(date(2025, 5, 1), "remove", "ada", back_on=date(2025, 7, 1))
    in_use = counted((YEAR, 200), (date(2025, 5, 1), 199), (date(2025, 7, 1), 200), (date(2025, 9, 1), 197))
    found = realised(bought(200), [back, *removed(3)], in_use, TODAY)
    assert (len(found.waiting), found.taken_again) == (3, 1)


def test_who_comes_back_after_a_purchase_went_down_leaves_what_was_saved_as_it_is() -> None:
    back = FreedSeat(date(2025, 9, 1), "remove", "ada", back_on=date(2026, 6, 1))
    in_use = counted((YEAR, 200), (RENEWAL, 199), (date(2026, 6, 1), 200))
    found = realised(bought(200, 199), [back], in_use, TODAY)
    assert seats_counted(found) == 1


def test_a_saving_ends_when_more_is_bought_again() -> None:
    again = [*bought(200, 175), Purchase(date(2026, 6, 1), 200, PRICE)]
    found = realised(again, removed(30), counted((YEAR, 200), (RENEWAL, 170), (date(2026, 6, 1), 200)), TODAY)
    assert list(by_month(found.savings, TODAY)) == [date(2026, month, 1) for month in (3, 4, 5)]


def test_where_usher_came_after_the_contract_began_seats_are_netted_from_its_first_count_on() -> None:
    first = date(2025, 8, 1)
    in_use = counted((first, 200), (date(2025, 9, 1), 170), (date(2025, 12, 1), 188))
    found = realised(bought(200), removed(30), in_use, TODAY, counted_since=first)
    assert (len(found.waiting), found.taken_again, found.is_netted) == (12, 18, True)


def test_who_left_without_a_case_is_no_saving_of_a_case() -> None:
    found = realised(bought(200, 175), removed(5), counted((YEAR, 200), (RENEWAL, 170)), TODAY)
    assert seats_counted(found) == 5


def test_a_purchase_to_come_saves_nothing_yet() -> None:
    to_come = [*bought(200), Purchase(TODAY + timedelta(days=1), 100, PRICE)]
    assert not realised(to_come, removed(30), counted((YEAR, 200), (date(2025, 9, 1), 170)), TODAY).savings


def test_where_seats_were_not_counted_it_is_said_that_nothing_is_netted() -> None:
    found = realised(bought(200), removed(3), counted(), TODAY)
    assert (len(found.waiting), found.is_netted) == (3, False)


def test_a_month_is_split_by_what_the_cases_did_to_the_cent() -> None:
    price = UnitPrice(Decimal("100.00"), PricePeriod.YEAR)
    purchases = [Purchase(YEAR, 10, price), Purchase(RENEWAL, 7, price)]
    freed = [*removed(2), *removed(1, kind="downgrade")]
    found = realised(purchases, freed, counted((YEAR, 10), (date(2025, 9, 1), 7)), TODAY)
    months = by_month(found.savings, RENEWAL + timedelta(days=364))
    assert sum(sum(parts.values()) for parts in months.values()) == Decimal("300.00")
    assert months[date(2026, 3, 1)] == {"downgrade": Decimal("8.33"), "remove": Decimal("16.67")}


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=5),
    st.lists(
        st.tuples(st.integers(0, 1800), st.sampled_from(["remove", "downgrade"]), st.integers(0, 15)),
        max_size=40,
    ),
    st.lists(st.integers(0, 60), min_size=5, max_size=5),
)
def test_never_more_than_the_invoice_went_down_and_each_holder_at_most_once(
    purchased: list[int], events: list[tuple[int, str, int]], in_use: list[int]
) -> None:
    purchases = bought(*purchased)
    freed = [FreedSeat(YEAR + timedelta(days=day), kind, f"holder {who}") for day, kind, who in events]
    counts = counted(*((YEAR.replace(year=2025 + number), count) for number, count in enumerate(in_use)))
    today = YEAR + timedelta(days=1800)
    found = realised(purchases, freed, counts, today)
    holders = [seat.holder for saving in found.savings for seat, _ in saving.seats]
    holders += [seat.holder for seat in found.waiting]
    assert len(holders) == len(set(holders))
    peak = 0
    for purchase in (one for one in purchases if one.valid_from <= today):
        peak = max(peak, purchase.seats)
        saved = sum(
            saving.by_kind(purchase.valid_from).total()
            for saving in found.savings
            if saving.begins <= purchase.valid_from
        )
        assert saved <= peak - purchase.seats
