"""Renewals and notice days, held against counting day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.contracts.arithmetic.terms import Term, add_months, months_between

days = st.dates(date(2015, 1, 1), date(2045, 12, 31))
terms = st.builds(Term, days, st.sampled_from([1, 3, 12, 24, 36]), st.integers(0, 120))


def every_renewal(term: Term) -> list[date]:
    reach = 500 // term.months
    return [add_months(term.renews_on, number * term.months) for number in range(-reach, reach)]


@given(terms, days)
def test_the_next_renewal_is_the_first_after_today(term: Term, today: date) -> None:
    assert term.next_renewal(today) == min(day for day in every_renewal(term) if day > today)


@given(terms, days)
def test_the_next_renewal_that_can_be_changed_is_the_first_whose_notice_day_is_to_come(
    term: Term, today: date
) -> None:
    still_open = [
        day for day in every_renewal(term) if day > today and day - timedelta(days=term.notice_days) >= today
    ]
    assert term.next_open_renewal(today) == min(still_open)
    assert term.is_notice_over(today) == (term.next_open_renewal(today) != term.next_renewal(today))


@given(days, st.integers(-300, 300))
def test_months_are_counted_as_they_are_added(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    is_last_of_month = (later + timedelta(days=1)).day == 1
    assert later.day == day.day or (is_last_of_month and later.day < day.day)


@given(days, days)
def test_months_between_two_days_are_the_most_that_fit(earlier: date, later: date) -> None:
    months = months_between(earlier, later)
    assert add_months(earlier, months) <= later < add_months(earlier, months + 1)


def test_a_contract_that_renews_today_has_renewed() -> None:
    term = Term(date(2026, 3, 1), 12, 40)
    assert term.next_renewal(date(2026, 3, 1)) == date(2027, 3, 1)
    assert term.next_renewal(date(2026, 2, 28)) == date(2026, 3, 1)


def test_notice_can_be_given_on_the_notice_day_itself() -> None:
    term = Term(date(2027, 3, 1), 12, 40)
    assert term.notice_day(date(2027, 3, 1)) == date(2027, 1, 20)
    assert term.next_open_renewal(date(2027, 1, 20)) == date(2027, 3, 1)
    assert term.next_open_renewal(date(2027, 1, 21)) == date(2028, 3, 1)


@pytest.mark.parametrize(
    ("anchor", "months", "after", "expected"),
    [
        (date(2024, 2, 29), 12, date(2024, 2, 29), date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2027, 6, 1), date(2028, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28), date(2026, 3, 31)),
    ],
)
def test_a_short_month_does_not_move_the_day_for_ever(
    anchor: date, months: int, after: date, expected: date
) -> None:
    assert Term(anchor, months, 0).next_renewal(after) == expected


def test_months_of_the_contract_begin_on_the_day_of_its_renewal() -> None:
    assert Term(date(2027, 3, 15), 12, 0).billing_month(date(2026, 11, 29)) == date(2026, 12, 15)
