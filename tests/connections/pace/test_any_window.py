"""The statement that hands out turns, on a clock of its own: no window ever holds more than the limit."""

from bisect import bisect_left

import pytest
from django.db import connection as database
from hypothesis import given, settings
from hypothesis import strategies as st

from usher.asana import RateLimits
from usher.connections.models import TokenPace
from usher.connections.pace.budget import Budget, Urgency
from usher.connections.pace.statements import START, TAKE

pytestmark = pytest.mark.django_db

BEGIN = 1_800_000_000.0


def most_in(seconds: float, moments: list[float]) -> int:
    """The most moments in any span of that length, of which the end is not part."""
    return max(
        (bisect_left(moments, begin + seconds) - index for index, begin in enumerate(moments)), default=0
    )


def take(budget: Budget, process: str, wanted: int, now: float) -> int:
    most_reads, most_writes = budget.at_once()
    parameters = {
        "key": budget.key,
        "process": process,
        "allowed": budget.allowed(),
        "most_reads": most_reads,
        "most_writes": most_writes,
        "reads": wanted,
        "writes": 0,
        "own_reads": 0,
        "own_writes": 0,
        "now": now,
    }
    with database.cursor() as cursor:
        cursor.execute(START, parameters)
        cursor.execute(TAKE.replace("clock_timestamp()", "to_timestamp(%(now)s)"), parameters)
        return int(cursor.fetchone()[0])


def sent(per_minute: int, steps: list[tuple[float, int, Urgency]]) -> list[float]:
    """When calls are sent, by one process for each urgency. All have ended before the next are asked for."""
    TokenPace.objects.all().delete()
    now, moments = BEGIN, []
    for gap, wanted, urgency in steps:
        now += gap
        budget = Budget("a token", RateLimits(per_minute, 100_000, 100_000), urgency)
        moments += [now] * take(budget, urgency.name, wanted, now)
    return moments


@given(
    per_minute=st.sampled_from([1, 2, 10, 60, 150, 1500]),
    steps=st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.001, 0.05, 0.19, 0.2, 0.5, 1.0, 5.0, 9.9, 30.0, 59.9]),
            st.sampled_from([1, 3, 40, 2000]),
            st.sampled_from(Urgency),
        ),
        max_size=80,
    ),
)
@settings(max_examples=60)
def test_no_minute_and_no_ten_seconds_ever_hold_more_than_allowed(per_minute, steps):
    moments = sent(per_minute, steps)
    assert most_in(60, moments) <= per_minute
    if per_minute >= 10:
        assert most_in(10, moments) <= per_minute / 4


@pytest.mark.parametrize("per_minute", [150, 1500])
def test_syncs_that_always_want_more_use_at_least_95_percent_of_the_limit(per_minute):
    minutes = 3
    moments = sent(per_minute, [(0.19, 50, Urgency.SYNC)] * round(60 * minutes / 0.19))
    assert len(moments) >= 0.95 * per_minute * minutes
    assert most_in(60, moments) <= per_minute
