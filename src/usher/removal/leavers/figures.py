"""The figures above the leavers, and how many people each tab holds."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, TextChoices

from usher.directory.employment.status import LEAVER_GROUPS, EmploymentGroup
from usher.roster.models import Person


class LeaverTab(TextChoices):
    """One part of the leavers. The parts overlap."""

    LEFT = "left", "Left"
    LEAVING = "leaving", "Leaving"
    PICKED = "picked", "Selected"
    PROTECTED = "protected", "Protected"
    IN_CASE = "case", "In a case"
    REMARKS = "remarks", "With remarks"


TAB_CONDITIONS = {
    LeaverTab.LEFT: Q(group=EmploymentGroup.LEFT),
    LeaverTab.LEAVING: Q(group=EmploymentGroup.LEAVING),
    LeaverTab.PICKED: ~Q(group__in=LEAVER_GROUPS),
    LeaverTab.PROTECTED: Q(is_protected=True),
    LeaverTab.IN_CASE: Q(case_id__isnull=False),
    LeaverTab.REMARKS: Q(unanswered_remarks__gt=0),
}
"""Over `leavers`."""


@dataclass(frozen=True)
class LeaverFigures:
    """`cost`: a month, by currency, of the seats whose price is known; empty if no price is set.

    Seats, cost and `oldest`, the first day on which somebody left, are of those who left.
    """

    people: int
    left: int
    seats: int
    cost: dict[str, Decimal]
    priced_seats: int
    oldest: date | None
    counts: dict[LeaverTab, int]

    def days_since_oldest(self, today: date) -> int | None:
        return (today - self.oldest).days if self.oldest else None


def figures_of(people: QuerySet[Person]) -> LeaverFigures:
    """Of people from `leavers`, in one query."""
    in_tab = {
        f"in_{tab}": ExpressionWrapper(condition, output_field=BooleanField())
        for tab, condition in TAB_CONDITIONS.items()
    }
    rows = list(people.order_by().annotate(**in_tab).values("seats", "price", "currency", "left_on", *in_tab))
    left = [row for row in rows if row[f"in_{LeaverTab.LEFT}"]]
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for row in left:
        if row["price"] is not None:
            cost[row["currency"]] += row["price"] * row["seats"]
    return LeaverFigures(
        people=len(rows),
        left=len(left),
        seats=sum(row["seats"] for row in left),
        cost=dict(cost),
        priced_seats=sum(row["seats"] for row in left if row["price"] is not None),
        oldest=min((row["left_on"] for row in left if row["left_on"]), default=None),
        counts={tab: sum(bool(row[f"in_{tab}"]) for row in rows) for tab in LeaverTab},
    )
