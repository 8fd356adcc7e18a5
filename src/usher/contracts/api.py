"""Savings, and who bears the costs, in the REST API. Amounts are texts, exact to the cent."""

from decimal import Decimal

from django.http import HttpRequest
from ninja import Router, Schema

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.activity.usage.figures import today_of
from usher.contracts.agreements.api import one_contract_seen
from usher.contracts.costs.division import Grouping, InvoicePeriod, divided
from usher.contracts.savings.outlook import ContractOutlook, LicenceOutlook, outlooks
from usher.contracts.seats.counting import covered

router = Router(tags=["Contracts and savings"], auth=PersonalToken())


class LicenceSavings(Schema):
    """`needed`: licences in use without those that can be freed. `more_to_free`: for `next_pack`; null without one."""

    licence: str
    bought: int
    in_use: int
    to_free: int
    to_free_by_reason: dict[str, int]
    needed: int
    pack: int | None
    seats_saved: int
    saves_a_year: str
    next_pack: int | None
    more_to_free: int | None
    next_saves_a_year: str | None
    over: int


class SavingsOut(Schema):
    """What giving up seats saves, from `counts_from` on, if notice is given until `notice_on`."""

    contract: int
    currency: str
    as_of: str
    renews_on: str
    counts_from: str
    notice_on: str | None
    days_until_notice: int | None
    saves_a_year: str
    licences: list[LicenceSavings]


class CostOut(Schema):
    workspace: str
    department: str
    seats: int
    amount: str


class CostsOut(Schema):
    """The invoice divided: the amounts sum to `total`. Empty names: what is bought and not used."""

    contract: int
    currency: str
    period: str
    as_of: str
    total: str
    rows: list[CostOut]


def _savings_of(line: LicenceOutlook) -> dict[str, object]:
    reduction = line.reduction
    following = reduction.next_saves_a_year
    return {
        "licence": line.licence.value,
        "bought": line.now.seats,
        "in_use": line.in_use,
        "to_free": line.to_free,
        "to_free_by_reason": {reason.value: count for reason, count in line.reasons.items()},
        "needed": reduction.needed,
        "pack": reduction.pack,
        "seats_saved": reduction.seats_saved,
        "saves_a_year": _amount(reduction.saves_a_year),
        "next_pack": reduction.next_pack,
        "more_to_free": reduction.more_to_free,
        "next_saves_a_year": None if following is None else _amount(following),
        "over": line.over,
    }


def _outlook_record(outlook: ContractOutlook) -> dict[str, object]:
    return {
        "contract": outlook.contract.pk,
        "currency": outlook.contract.currency,
        "as_of": outlook.today.isoformat(),
        "renews_on": outlook.renews_on.isoformat(),
        "counts_from": outlook.counts_from.isoformat(),
        "notice_on": outlook.notice_on.isoformat() if outlook.notice_on else None,
        "days_until_notice": outlook.days_until_notice,
        "saves_a_year": _amount(outlook.saves_a_year),
        "licences": [_savings_of(line) for line in outlook.lines],
    }


@router.get("/contracts/{number}/savings", response={200: SavingsOut, 404: None})
def savings(request: HttpRequest, number: int) -> dict[str, object]:
    """The figures of the contract's page."""
    require(signed_in(request), Action.READ)
    (outlook,) = outlooks([one_contract_seen(number)])
    return _outlook_record(outlook)


@router.get("/contracts/{number}/costs", response={200: CostsOut, 404: None})
def costs(
    request: HttpRequest,
    number: int,
    by: Grouping = Grouping.DEPARTMENT,
    period: InvoicePeriod = InvoicePeriod.YEAR,
) -> dict[str, object]:
    """The invoice of a year, or a month's part of it, by department, workspace or both."""
    require(signed_in(request), Action.READ)
    contract = one_contract_seen(number)
    today = today_of(contract.connection)
    found = divided(contract, covered([contract])[contract.pk], by, period, today)
    return {
        "contract": contract.pk,
        "currency": contract.currency,
        "period": period.value,
        "as_of": today.isoformat(),
        "total": _amount(found.total),
        "rows": [
            {
                "workspace": row.workspace,
                "department": row.department,
                "seats": row.seats,
                "amount": _amount(row.amount),
            }
            for row in found.rows
        ],
    }


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}"
