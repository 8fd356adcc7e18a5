"""Pack sizes, held against a search through all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.contracts.arithmetic.ladder import (
    DEFAULT_LADDER,
    SINGLE_SEATS,
    Ladder,
    LadderUnreadable,
    Steps,
    ladder,
)


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    singles = sorted(draw(st.sets(st.integers(1, 30), min_size=1, max_size=6)))
    steps, last = [], singles[-1]
    for _ in range(draw(st.integers(0, 4))):
        by, count = draw(st.integers(1, 60)), draw(st.integers(1, 8))
        steps.append(Steps(last, by, last + by * count))
        last += by * count
    if draw(st.booleans()):
        steps.append(Steps(last, draw(st.integers(1, 60)), None))
    return Ladder(tuple(singles), tuple(steps))


def all_sizes(of: Ladder, until: int) -> list[int]:
    """Counted up one by one."""
    sizes = list(of.singles)
    for stretch in of.steps:
        size = stretch.above + stretch.by
        while size <= (until if stretch.to is None else stretch.to):
            sizes.append(size)
            size += stretch.by
    return [size for size in sizes if size <= until]


@given(ladders(), st.integers(0, 800))
def test_the_smallest_pack_that_fits_is_the_one_that_a_search_finds(of: Ladder, seats: int) -> None:
    found = min((size for size in all_sizes(of, 3_000) if size >= seats), default=None)
    assert of.smallest_for(seats) == found


@given(ladders(), st.integers(0, 800))
def test_the_next_smaller_pack_is_the_one_that_a_search_finds(of: Ladder, seats: int) -> None:
    found = max((size for size in all_sizes(of, 3_000) if size < seats), default=None)
    assert of.next_below(seats) == found


@given(ladders(), st.integers(0, 800))
def test_the_sizes_are_all_of_them_in_order(of: Ladder, until: int) -> None:
    assert list(of.sizes(until)) == all_sizes(of, until)


@given(ladders())
def test_what_is_written_is_read_again(of: Ladder) -> None:
    assert ladder(of.text) == of


def test_asanas_packs() -> None:
    asana = ladder(DEFAULT_LADDER)
    assert list(asana.sizes(600)) == [
        *(2, 3, 4, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100),
        *range(125, 501, 25),
        550,
        600,
    ]
    assert asana.smallest_for(171) == 175
    assert asana.smallest_for(0) == 2
    assert asana.next_below(175) == 150
    assert asana.next_below(2) is None


def test_seats_that_are_sold_singly() -> None:
    assert ladder(SINGLE_SEATS).smallest_for(171) == 171


def test_a_ladder_may_be_written_in_words() -> None:
    assert ladder("2, 5,  then by 5 TO 20,then by 10").text == "2, 5, by 5 to 20, by 10"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "neither a number nor a step"),
        ("by 5", "the first entry must be the smallest size"),
        ("0, by 5", "each size must be larger"),
        ("5, 4", "each size must be larger"),
        ("5, by 0", "at least 1"),
        ("5, by 5 to 12", "12 cannot be reached from 5 in steps of 5"),
        ("5, by 5, by 10", "steps without an end come last"),
        ("5, by 5 to 10, 12", "single sizes come before steps"),
        ("5, by five", "neither a number nor a step"),
        ("99999999", "neither a number nor a step"),
        ("2²", "neither a number nor a step"),
    ],
)
def test_what_is_no_ladder_is_refused_with_the_part_and_the_reason(text: str, why: str) -> None:
    with pytest.raises(LadderUnreadable, match=why):
        ladder(text)
