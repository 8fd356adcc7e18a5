"""The figures above the leavers, and how many people each tab holds."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import BooleanField, Count, ExpressionWrapper, Min, Q, QuerySet, Sum, TextChoices
from django.db.models.functions import Coalesce

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


def figures_of(people: QuerySet[Person]) -> LeaverFigures:
    """Of people from `leavers`, in one query: a row for each price."""
    in_tab = {
        f"in_{tab}": ExpressionWrapper(condition, output_field=BooleanField())
        for tab, condition in TAB_CONDITIONS.items()
    }
    counts = {f"count_{tab}": Count("pk", filter=Q(**{f"in_{tab}": True})) for tab in LeaverTab}
    left = Q(**{f"in_{LeaverTab.LEFT}": True})
    price = ["price", "currency"]
    by_price = people.order_by().annotate(**in_tab).values(*price)
    rows = list(
        by_price.annotate(
            **counts,
            people=Count("pk"),
            seats_left=Coalesce(Sum("seats", filter=left), 0),
            oldest=Min("left_on", filter=left),
        )
    )
    priced = [row for row in rows if row["price"] is not None and row[f"count_{LeaverTab.LEFT}"]]
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for row in priced:
        cost[row["currency"]] += row["price"] * row["seats_left"]
    return LeaverFigures(
        people=sum(row["people"] for row in rows),
        left=sum(row[f"count_{LeaverTab.LEFT}"] for row in rows),
        seats=sum(row["seats_left"] for row in rows),
        cost=dict(cost),
        priced_seats=sum(row["seats_left"] for row in priced),
        oldest=min((row["oldest"] for row in rows if row["oldest"]), default=None),
        counts={tab: sum(row[f"count_{tab}"] for row in rows) for tab in LeaverTab},
    )
