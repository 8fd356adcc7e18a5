"""When a contract renews, until when notice can be given, and from when fewer seats cost less.

A day is one in the time zone of the connection; callers say which day is today.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The same day of the month, or the last one where the month is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_between(earlier: date, later: date) -> int:
    """How many whole months, counted as `add_months` counts them."""
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months if add_months(earlier, months) <= later else months - 1


@dataclass(frozen=True)
class Term:
    """A contract that renews for `months` at a time; `renews_on` is one of its renewals, whichever.

    Every renewal is counted from that one, so that a contract of 31 January renews on 31 January for ever, and one of
    29 February on 28 February in other years only.
    """

    renews_on: date
    months: int
    notice_days: int

    def renewals(self, after: date) -> Iterator[date]:
        """All renewals later than `after`, the next first."""
        number = months_between(self.renews_on, after) // self.months
        while True:
            day = add_months(self.renews_on, number * self.months)
            if day > after:
                yield day
            number += 1

    def next_renewal(self, today: date) -> date:
        """The first after today. A contract that renews today has renewed."""
        return next(self.renewals(today))

    def notice_day(self, renewal: date) -> date:
        """The last day on which notice can be given for a renewal."""
        return renewal - timedelta(days=self.notice_days)

    def next_open_renewal(self, today: date) -> date:
        """The first renewal whose notice day has not passed."""
        return next(day for day in self.renewals(today) if self.notice_day(day) >= today)

    def is_notice_over(self, today: date) -> bool:
        """Whether it is too late to give notice for the next renewal."""
        return self.notice_day(self.next_renewal(today)) < today

    def billing_month(self, today: date) -> date:
        """The first day of the next month of the contract, counted from its renewal."""
        return next(Term(self.renews_on, 1, 0).renewals(today))
