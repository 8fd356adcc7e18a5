"""The figures above the leavers, and how many each tab holds."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, TextChoices

from usher.directory.employment.status import EmploymentGroup
from usher.removal.leavers.query import LEAVER_GROUPS
from usher.roster.models import Person


class LeaverTab(TextChoices):
    """One part of the leavers. The parts overlap."""

    LEFT = "left", "Left"
    LEAVING = "leaving", "Leaving"
    PICKED = "picked", "Picked"
    PROTECTED = "protected", "Protected"
    IN_CASE = "case", "In a case"


IN_SQL = {
    LeaverTab.LEFT: Q(group=EmploymentGroup.LEFT),
    LeaverTab.LEAVING: Q(group=EmploymentGroup.LEAVING),
    LeaverTab.PICKED: ~Q(group__in=LEAVER_GROUPS),
    LeaverTab.PROTECTED: Q(is_protected=True),
    LeaverTab.IN_CASE: Q(case_id__isnull=False),
}


@dataclass(frozen=True)
class _Row:
    group: str
    case_id: int | None
    is_protected: bool
    seats: int
    price: Decimal | None
    currency: str | None
    left_on: date | None


IN_PYTHON: dict[LeaverTab, Callable[[_Row], bool]] = {
    LeaverTab.LEFT: lambda row: row.group == EmploymentGroup.LEFT,
    LeaverTab.LEAVING: lambda row: row.group == EmploymentGroup.LEAVING,
    LeaverTab.PICKED: lambda row: row.group not in LEAVER_GROUPS,
    LeaverTab.PROTECTED: lambda row: row.is_protected,
    LeaverTab.IN_CASE: lambda row: row.case_id is not None,
}


@dataclass(frozen=True)
class LeaverFigures:
    """`cost` by currency, a month, of the seats whose price is known; empty where none is."""

    people: int
    left: int
    seats: int
    cost: dict[str, Decimal]
    priced_seats: int
    oldest: date | None
    counts: dict[LeaverTab, int]


def figures_of(found: QuerySet[Person]) -> LeaverFigures:
    """Of `leavers`; in one query."""
    rows = [_Row(*row) for row in found.order_by().values_list(*_Row.__dataclass_fields__)]
    left = [row for row in rows if row.group == EmploymentGroup.LEFT]
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for row in left:
        if row.price is not None and row.currency:
            cost[row.currency] += row.price * row.seats
    return LeaverFigures(
        people=len(rows),
        left=len(left),
        seats=sum(row.seats for row in left),
        cost=dict(cost),
        priced_seats=sum(row.seats for row in left if row.price is not None),
        oldest=min((row.left_on for row in left if row.left_on), default=None),
        counts={show: sum(map(holds, rows)) for show, holds in IN_PYTHON.items()},
    )


def money(amount: Decimal, currency: str) -> str:
    """Cents only where there are some: 1,250 EUR, 24.99 USD."""
    return (
        f"{amount:,.0f} {currency}" if amount == amount.to_integral_value() else f"{amount:,.2f} {currency}"
    )
