"""More seats in use than bought: how many, and since when.

Asana warns the billing owner by a banner and three e-mails and then raises the plan to the size in use by itself
(help.asana.com/s/article/subscription-size-and-users). Added seats are charged at once, for the time until the
renewal; they can be given back only at a renewal (forum.asana.com/t/1098362).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

SOURCE = "https://help.asana.com/s/article/subscription-size-and-users"


@dataclass(frozen=True)
class Overage:
    """`since` is the first day of the present overage. If it is the first day of all that was counted, it may have
    begun earlier: `may_be_older`.
    """

    seats: int
    since: date
    may_be_older: bool


def overage(in_use: Mapping[date, int], bought: Mapping[date, int]) -> Overage | None:
    """From the number of seats in use and bought on each day that was counted. None where the last day has enough.

    Every day in `in_use` must be in `bought`.
    """
    days = sorted(in_use)
    if not days or in_use[days[-1]] <= bought[days[-1]]:
        return None
    since = days[-1]
    for day in reversed(days):
        if in_use[day] <= bought[day]:
            break
        since = day
    return Overage(in_use[days[-1]] - bought[days[-1]], since, since == days[0])
