"""More seats in use than bought: since when."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from usher.contracts.arithmetic.overage import Overage, overage

FIRST = date(2026, 1, 1)


def days(values: list[int]) -> dict[date, int]:
    return {FIRST + timedelta(days=number): value for number, value in enumerate(values)}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_it_began_on_the_day_after_the_last_day_with_enough(counts: list[tuple[int, int]]) -> None:
    found = overage(days([used for used, _ in counts]), days([bought for _, bought in counts]))
    if not counts or counts[-1][0] <= counts[-1][1]:
        assert found is None
        return
    enough = [number for number, (used, bought) in enumerate(counts) if used <= bought]
    first = enough[-1] + 1 if enough else 0
    assert found == Overage(counts[-1][0] - counts[-1][1], FIRST + timedelta(days=first), not enough)
