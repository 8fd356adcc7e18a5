"""Seats at a renewal, from the changes of past months."""

from hypothesis import given
from hypothesis import strategies as st

from usher.contracts.arithmetic.seat_forecast import SeatForecast, forecast

changes = st.lists(st.integers(-30, 30), min_size=3, max_size=24)


def test_nothing_is_forecast_from_less_than_three_months() -> None:
    assert forecast(100, [1, 2], 90) is None


def test_months_that_are_all_alike_leave_no_doubt() -> None:
    assert forecast(100, [2, 2, 2, 2], 91) == SeatForecast(106, 106, 106, months=3, rests_on=4)


def test_it_rests_on_the_last_twelve_months() -> None:
    assert forecast(100, [50] * 12 + [0] * 12, 365) == SeatForecast(100, 100, 100, months=12, rests_on=12)


@given(st.integers(0, 500), changes, st.integers(1, 800))
def test_it_is_the_same_each_time_and_within_what_the_months_allow(
    now: int, past: list[int], days: int
) -> None:
    found = forecast(now, past, days)
    assert found is not None
    assert found == forecast(now, past, days)
    assert found.low <= found.middle <= found.high
    used = past[-12:]
    assert max(0, now + found.months * min(used)) <= found.low
    assert found.high <= max(0, now + found.months * max(used))


def test_more_months_ahead_are_less_certain() -> None:
    past = [-4, 3, 0, 6, -2, 1, 0, 5]
    near, far = forecast(200, past, 30), forecast(200, past, 365)
    assert near is not None and far is not None
    assert far.high - far.low > near.high - near.low
