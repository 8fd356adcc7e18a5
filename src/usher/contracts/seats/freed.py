"""Seats of a contract that cases freed, and what that saved."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from usher.activity.usage.figures import local_day
from usher.contracts.arithmetic.realised import FreedSeat, Purchase, Realised, by_month, realised
from usher.contracts.models import Contract
from usher.contracts.seats.counting import CoveredWorkspaces, on_day
from usher.removal.models import Case, Target
from usher.removal.states import CaseState
from usher.roster.models import Change, Licence

FREEING = (Case.Kind.REMOVE, Case.Kind.DOWNGRADE)
RELEASE = Case.Cause.RELEASED.value
"""Whatever the case then did: the person, or their manager, answered that the seat is not needed."""
KINDS = {
    Case.Kind.REMOVE.value: "Removed",
    Case.Kind.DOWNGRADE.value: "Downgraded",
    RELEASE: "Released",
}
COLOURS = {Case.Kind.REMOVE.value: "orange", Case.Kind.DOWNGRADE.value: "teal", RELEASE: "purple"}


@dataclass(frozen=True)
class RealisedSavings:
    """`months`: the first day of each month → one of KINDS → amount."""

    found: Realised
    months: Mapping[date, Mapping[str, Decimal]]
    freed: int

    @property
    def total(self) -> Decimal:
        return sum((amount for parts in self.months.values() for amount in parts.values()), Decimal(0))

    @property
    def names(self) -> list[str]:
        return list(KINDS.values())

    @property
    def rows(self) -> list[tuple[date, list[tuple[str, Decimal]], Decimal]]:
        return [
            (
                month,
                [(name, parts.get(kind, Decimal(0))) for kind, name in KINDS.items()],
                sum(parts.values(), Decimal(0)),
            )
            for month, parts in self.months.items()
        ]

    @property
    def chart(self) -> dict[str, object]:
        return {
            "categories": [f"{month:%b %Y}" for month in self.months],
            "series": [
                {
                    "name": name,
                    "values": [float(parts.get(kind, 0)) for parts in self.months.values()],
                    "color": COLOURS[kind],
                }
                for kind, name in KINDS.items()
            ],
            "stacked": True,
        }


def realised_savings(
    contract: Contract, places: CoveredWorkspaces, counts: Mapping[date, int], today: date
) -> RealisedSavings:
    """`counts`: the member seats in use, by day."""
    freed = freed_seats(contract, places)
    purchases = [
        Purchase(one.valid_from, one.seats, one.unit_price)
        for one in contract.purchases.all()
        if one.licence == Licence.MEMBER
    ]
    found = realised(purchases, freed, on_day(counts), today, min(counts, default=None))
    return RealisedSavings(found, by_month(found.savings, today), len(freed))


def freed_seats(contract: Contract, places: CoveredWorkspaces) -> list[FreedSeat]:
    """Each target of a finished case whose change was made and verified."""
    targets = Target.objects.filter(
        workspace__in=places.keys,
        case__state=CaseState.DONE,
        case__kind__in=FREEING,
        outcome=Target.Outcome.DONE,
    )
    rows = [
        (workspace, person, RELEASE if cause == RELEASE else kind, done_at)
        for workspace, licence, person, kind, cause, verified_at, finished_at in targets.values_list(
            "workspace",
            "licence",
            "case__person_gid",
            "case__kind",
            "case__cause",
            "verified_at",
            "case__finished_at",
        )
        if places.takes(workspace, licence) == Licence.MEMBER and (done_at := verified_at or finished_at)
    ]
    returns = _returns(places, {person for _, person, _, _ in rows})
    return [
        FreedSeat(
            local_day(contract.connection, done_at),
            kind,
            f"{person} in {workspace}",
            next(
                (
                    local_day(contract.connection, moment)
                    for moment in returns.get((workspace, person), ())
                    if moment > done_at
                ),
                None,
            ),
        )
        for workspace, person, kind, done_at in rows
    ]


def _returns(places: CoveredWorkspaces, people: set[str]) -> dict[tuple[int, str], list[datetime]]:
    """When each took a seat again, the earliest first."""
    found: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    changes = Change.objects.filter(
        membership__workspace__in=places.keys,
        membership__person__gid__in=people,
        kind__in=[Change.Kind.RETURNED, Change.Kind.JOINED, Change.Kind.LICENCE],
    ).exclude(kind=Change.Kind.LICENCE, after__in=[Licence.GUEST, Licence.VIEW_ONLY])
    for workspace, person, moment in changes.order_by("happened_at", "pk").values_list(
        "membership__workspace", "membership__person__gid", "happened_at"
    ):
        found[workspace, person].append(moment)
    return found
