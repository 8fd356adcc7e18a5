"""How many member seats a contract may need at its renewal, from how their number changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from usher.contracts.arithmetic.seat_forecast import FEWEST_MONTHS, MOST_MONTHS, SeatForecast, forecast
from usher.contracts.arithmetic.terms import add_months
from usher.contracts.seats.counting import on_day


@dataclass(frozen=True)
class MonthlyChange:
    """`change` of the seats in use in a whole month, and how many there were at its end."""

    month: date
    change: int
    at_end: int


@dataclass(frozen=True)
class ForecastAtRenewal:
    """`forecast` is None with too few months."""

    day: date
    months: list[MonthlyChange]
    forecast: SeatForecast | None
    fewest = FEWEST_MONTHS


def forecast_until(counts: Mapping[date, int], now: int, today: date, day: date) -> ForecastAtRenewal:
    """`counts`: the seats in use, by day; `now`: those of today."""
    at = on_day(counts)
    months = []
    first_of_month = today.replace(day=1)
    for back in range(MOST_MONTHS, 0, -1):
        month = add_months(first_of_month, -back)
        before, after = at(month - timedelta(days=1)), at(add_months(month, 1) - timedelta(days=1))
        if before is not None and after is not None:
            months.append(MonthlyChange(month, after - before, after))
    return ForecastAtRenewal(day, months, forecast(now, [one.change for one in months], (day - today).days))
