"""Renewals and notice days to come, and which reminders of them are due. Sending them is for others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile

from usher.contracts.arithmetic.terms import add_months
from usher.contracts.models import Contract

REMIND_DAYS_BEFORE = (90, 60, 30, 14)
MONTHS_SHOWN = 24


@dataclass(frozen=True)
class Renewal:
    """Of a contract. `notice_on` is the last day on which notice can be given for it."""

    contract: Contract
    renews_on: date
    notice_on: date

    @property
    def reminder_days(self) -> list[date]:
        return [self.notice_on - timedelta(days=days) for days in REMIND_DAYS_BEFORE]

    def days_left(self, today: date) -> int:
        return (self.notice_on - today).days


@dataclass(frozen=True)
class RenewalReminder:
    """`days_before` is one of REMIND_DAYS_BEFORE. Whoever sends reminders sends each `key` once."""

    renewal: Renewal
    days_before: int

    @property
    def key(self) -> str:
        return f"contract-{self.renewal.contract.pk}-{self.renewal.renews_on}-{self.days_before}"


def renewals_to_come(contracts: Iterable[Contract], today: date) -> list[Renewal]:
    """Within two years, in the order of their notice days. Those whose notice day has passed are among them."""
    until = add_months(today, MONTHS_SHOWN)
    found = [
        Renewal(contract, day, contract.term.notice_day(day))
        for contract in contracts
        for day in takewhile(lambda day: day <= until, contract.term.renewals(today))
    ]
    return sorted(found, key=lambda one: (one.notice_on, one.contract.name, one.contract.pk))


def reminders_due(today: date) -> list[RenewalReminder]:
    """At most one for each contract: the last whose day has come, for the next renewal that can still be changed.

    A reminder stays due until the next one, so that none is lost when nothing ran on its day.
    """
    due = []
    for contract in Contract.objects.select_related("connection"):
        day = contract.term.next_open_renewal(today)
        renewal = Renewal(contract, day, contract.term.notice_day(day))
        reached = [days for days in REMIND_DAYS_BEFORE if renewal.days_left(today) <= days]
        if reached:
            due.append(RenewalReminder(renewal, min(reached)))
    return due
