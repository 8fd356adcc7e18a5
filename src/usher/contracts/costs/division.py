"""The invoice of a contract, divided among workspaces and departments: every cent belongs to exactly one row.

Each licence in use bears the same part. Licences that are bought and not used have a row of their own. Where more are
in use than bought, all of them share what is paid.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.db.models import Count

from usher.activity.models import ListedMembership
from usher.contracts.agreements.change import current_purchase
from usher.contracts.arithmetic.amounts import UnitPrice, divide
from usher.contracts.arithmetic.terms import months_between
from usher.contracts.models import Contract, LicencePurchase
from usher.contracts.seats.counting import CoveredWorkspaces
from usher.roster.models import Licence, Status

NO_DEPARTMENT = "No department"
UNUSED = "Bought, not used"


class InvoicePeriod(StrEnum):
    """What is divided: the invoice of a year, or a month's part of it."""

    YEAR = "year"
    MONTH = "month"


class Grouping(StrEnum):
    """What the rows are."""

    DEPARTMENT = "department"
    WORKSPACE = "workspace"
    BOTH = "both"


@dataclass(frozen=True)
class CostShare:
    """What one group bears. Empty names: the seats that nobody uses."""

    workspace: str
    department: str
    licence: Licence
    seats: int
    amount: Decimal

    @property
    def is_unused(self) -> bool:
        return not self.workspace


@dataclass(frozen=True)
class CostRow:
    """A row of the table. `share` is of the invoice, in per cent."""

    workspace: str
    department: str
    seats: int
    amount: Decimal
    share: Decimal
    is_unused: bool

    @property
    def name(self) -> str:
        return ", ".join(filter(None, (self.workspace, self.department)))


@dataclass(frozen=True)
class InvoiceLine:
    """What is paid for one kind of licence: `seats` are bought, `in_use` share it."""

    purchase: LicencePurchase
    in_use: int
    amount: Decimal


@dataclass(frozen=True)
class DividedInvoice:
    """`total` is the sum of the rows, and of the lines."""

    total: Decimal
    rows: list[CostRow]
    lines: list[InvoiceLine]


def invoice(price: UnitPrice, seats: int, period: InvoicePeriod, month: int) -> Decimal:
    return price.for_a_year(seats) if period == InvoicePeriod.YEAR else price.for_month(seats, month)


def cost_shares(
    contract: Contract, places: CoveredWorkspaces, period: InvoicePeriod, today: date
) -> tuple[list[InvoiceLine], list[CostShare]]:
    """The invoice as of today, and its finest division: by workspace, department and licence."""
    month = months_between(contract.renews_on, today) % 12
    lines, shares = [], []
    for licence in LicencePurchase.KINDS:
        bought = current_purchase(contract, licence, today)
        if bought is None:
            continue
        paid = invoice(bought.unit_price, bought.seats, period, month)
        users = _users(places, licence)
        in_use = sum(seats for _, _, seats in users)
        unused = max(0, bought.seats - in_use)
        groups = [*users, ("", "", unused)] if unused else users
        parts = divide(paid, [seats for _, _, seats in groups])
        lines.append(InvoiceLine(bought, in_use, paid))
        shares += [
            CostShare(workspace, department, licence, seats, part)
            for (workspace, department, seats), part in zip(groups, parts, strict=True)
        ]
    return lines, shares


def divided(
    contract: Contract, places: CoveredWorkspaces, grouping: Grouping, period: InvoicePeriod, today: date
) -> DividedInvoice:
    """The dearest row first, what is not used last."""
    lines, shares = cost_shares(contract, places, period, today)
    total = sum((line.amount for line in lines), Decimal(0))
    return DividedInvoice(total, grouped(shares, grouping, total), lines)


def grouped(shares: Iterable[CostShare], grouping: Grouping, total: Decimal) -> list[CostRow]:
    seats: dict[tuple[str, str, bool], int] = defaultdict(int)
    amounts: dict[tuple[str, str, bool], Decimal] = defaultdict(Decimal)
    for one in shares:
        key = (
            "" if one.is_unused or grouping == Grouping.DEPARTMENT else one.workspace,
            UNUSED if one.is_unused else "" if grouping == Grouping.WORKSPACE else one.department,
            one.is_unused,
        )
        seats[key] += one.seats
        amounts[key] += one.amount
    rows = [
        CostRow(
            workspace,
            department,
            seats[key],
            amounts[key],
            round(amounts[key] * 100 / total, 1) if total else Decimal(0),
            is_unused,
        )
        for key in amounts
        for workspace, department, is_unused in [key]
    ]
    return sorted(rows, key=lambda row: (row.is_unused, -row.amount, row.workspace, row.department))


def _users(places: CoveredWorkspaces, licence: Licence) -> list[tuple[str, str, int]]:
    names = {workspace.pk: workspace.name for workspace in places.workspaces}
    active = ListedMembership.objects.filter(places.condition(licence), status=Status.ACTIVE).order_by()
    counts: dict[tuple[int, str], int] = defaultdict(int)
    for workspace, department, people in active.values_list(
        "workspace", "person__standing__employee__department"
    ).annotate(Count("pk")):
        counts[workspace, (department or "").strip() or NO_DEPARTMENT] += people
    return sorted(
        (names[workspace], department, people) for (workspace, department), people in counts.items()
    )
