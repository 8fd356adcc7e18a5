"""Sets of days, as numbers."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from usher.policy.finding.days import LastDays

TODAY = date(2026, 3, 3)
counts = st.integers(1, 100)
days = st.none() | st.integers(-20, 120).map(lambda back: TODAY - timedelta(days=back))


@given(counts, days, days)
def test_days_between_two_days_are_those_a_calendar_has(
    count: int, first: date | None, last: date | None
) -> None:
    known = LastDays(TODAY, count)
    every = [TODAY - timedelta(days=back) for back in range(count)]
    wanted = [day for day in every if (first is None or first <= day) and (last is None or day <= last)]
    assert list(known.where(known.between(first, last))) == wanted


@given(counts, st.integers(0, 2**100 - 1))
def test_stretches_hold_the_same_days_and_none_touches_another(count: int, mask: int) -> None:
    known = LastDays(TODAY, count)
    mask &= known.all
    stretches = list(known.stretches(mask))
    held = [last - timedelta(days=n) for first, last in stretches for n in range((last - first).days + 1)]
    assert held == list(known.where(mask))
    for newer, older in pairwise(stretches):
        assert newer[0] - older[1] > timedelta(days=1)
