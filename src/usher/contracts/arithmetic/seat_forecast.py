"""How many seats may be in use on a day to come, from how their number changed in past months.

The model is simple on purpose: each month to come is like one of the past months, drawn at random. Two thousand
futures are drawn, always the same ones. The middle of them is the forecast, and eight in ten lie within the interval.
Each future first draws the months that it rests on, so that few months make a wide interval.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST_MONTHS = 3
MOST_MONTHS = 12
FUTURES = 2_000
SEED = 20_260
DAYS_A_MONTH = 30.4375


@dataclass(frozen=True)
class SeatForecast:
    """`low` to `high` holds 80 % of the futures. `rests_on` is the number of past months, `months` how far it looks."""

    low: int
    middle: int
    high: int
    months: int
    rests_on: int


def forecast(now: int, changes: Sequence[int], days: int) -> SeatForecast | None:
    """From the net change of each past month, oldest first. None where there are fewer than three months."""
    changes = changes[-MOST_MONTHS:]
    if len(changes) < FEWEST_MONTHS:
        return None
    months = max(1, round(days / DAYS_A_MONTH))
    draw = random.Random(SEED)  # noqa: S311  # the same futures each time
    futures = []
    for _ in range(FUTURES):
        pool = draw.choices(changes, k=len(changes))
        futures.append(max(0, now + sum(draw.choices(pool, k=months))))
    futures.sort()
    return SeatForecast(
        low=futures[FUTURES // 10],
        middle=futures[FUTURES // 2],
        high=futures[FUTURES - 1 - FUTURES // 10],
        months=months,
        rests_on=len(changes),
    )
