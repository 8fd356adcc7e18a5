"""What a contract needs at its next renewal, and what it saves: figures for the overview and the contract's page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from usher.activity.usage.figures import local_day
from usher.contracts.agreements.change import current_purchase
from usher.contracts.arithmetic.ladder import ladder
from usher.contracts.arithmetic.reduction import Reduction, reduction
from usher.contracts.models import Contract, LicencePurchase
from usher.contracts.seats.counting import CoveredWorkspaces, covered, in_use
from usher.contracts.seats.to_free import WhyFree, count_to_free
from usher.roster.models import Licence
from usher.web.money import money


@dataclass(frozen=True)
class LicenceOutlook:
    """Of one kind of licence. `now` is what is bought today, `then` what will be from `counts_from` on."""

    licence: Licence
    now: LicencePurchase
    then: LicencePurchase
    in_use: int
    reasons: Mapping[WhyFree, int]
    reduction: Reduction
    currency: str

    @property
    def to_free(self) -> int:
        return sum(self.reasons.values())

    @property
    def reason_rows(self) -> list[tuple[str, int]]:
        return [(str(why.label), self.reasons[why]) for why in WhyFree if why in self.reasons]

    @property
    def over(self) -> int:
        return max(0, self.in_use - self.now.seats)

    @property
    def saves(self) -> str:
        return money(self.reduction.saves_a_year, self.currency)

    @property
    def next_saves(self) -> str:
        amount = self.reduction.next_saves_a_year
        return "" if amount is None else money(amount, self.currency)

    @property
    def price_now(self) -> str:
        return money(self.now.price, self.currency)

    @property
    def price(self) -> str:
        return money(self.then.price, self.currency)

    @property
    def price_a_year(self) -> str:
        return money(self.then.unit_price.a_year, self.currency)

    @property
    def costs_a_year(self) -> str:
        return money(self.now.unit_price.for_a_year(self.now.seats), self.currency)


@dataclass(frozen=True)
class ContractOutlook:
    """`counts_from` is the first day from which fewer seats can be bought; notice can be given until `notice_on`."""

    contract: Contract
    places: CoveredWorkspaces
    today: date
    renews_on: date
    counts_from: date
    notice_on: date | None
    lines: list[LicenceOutlook]

    @property
    def is_notice_over(self) -> bool:
        """Whether the next renewal can no longer be changed."""
        return self.notice_on is not None and self.counts_from != self.renews_on

    @property
    def missed_notice(self) -> date:
        return self.contract.term.notice_day(self.renews_on)

    @property
    def days_until_notice(self) -> int | None:
        return None if self.notice_on is None else (self.notice_on - self.today).days

    @property
    def members(self) -> LicenceOutlook | None:
        return next((line for line in self.lines if line.licence == Licence.MEMBER), None)

    @property
    def saves_a_year(self) -> Decimal:
        return sum((line.reduction.saves_a_year for line in self.lines), Decimal(0))

    @property
    def saves(self) -> str:
        return money(self.saves_a_year, self.contract.currency)

    @property
    def costs_a_year(self) -> str:
        costs = (line.now.unit_price.for_a_year(line.now.seats) for line in self.lines)
        return money(sum(costs, Decimal(0)), self.contract.currency)


def outlooks(contracts: Collection[Contract], now: datetime | None = None) -> list[ContractOutlook]:
    """In the order of the contracts, in a constant number of queries. They come from `contracts_seen`."""
    if not contracts:
        return []
    now = now or timezone.now()
    places = covered(contracts)
    used = in_use(places)
    days = {
        contract.pk: _counts_from(contract, local_day(contract.connection, now)) for contract in contracts
    }
    freeable = count_to_free(contracts, places, days, now)
    found = []
    for contract in contracts:
        today, counts_from = local_day(contract.connection, now), days[contract.pk]
        at_renewal = contract.reducible == Contract.Reducible.AT_RENEWAL
        term = contract.term
        lines = []
        for licence in LicencePurchase.KINDS:
            bought = current_purchase(contract, licence, today)
            later = current_purchase(contract, licence, counts_from)
            if bought is None or later is None:
                continue
            reasons = freeable.of(contract.pk, licence)
            count = used.get((contract.pk, licence), 0)
            needed = count - sum(reasons.values())
            sizes = ladder(contract.ladder)
            lines.append(
                LicenceOutlook(
                    licence,
                    bought,
                    later,
                    count,
                    reasons,
                    reduction(later.seats, needed, sizes, later.unit_price),
                    contract.currency,
                )
            )
        found.append(
            ContractOutlook(
                contract,
                places[contract.pk],
                today,
                term.next_renewal(today),
                counts_from,
                term.notice_day(counts_from) if at_renewal else None,
                lines,
            )
        )
    return found


def _counts_from(contract: Contract, today: date) -> date:
    """The first day on which fewer seats can be bought."""
    if contract.reducible == Contract.Reducible.AT_RENEWAL:
        return contract.term.next_open_renewal(today)
    return contract.term.billing_month(today)
