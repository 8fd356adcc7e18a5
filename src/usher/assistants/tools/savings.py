"""savings_until_renewal: what giving up seats would save, contract by contract."""

from datetime import date
from typing import Annotated

from pydantic import Field

from usher.assistants.answers import (
    DEFAULT_ROWS,
    BoundedAnswer,
    Limit,
    Offset,
    ToolAnswer,
    rest,
)
from usher.assistants.caller import Caller
from usher.contracts.agreements.query import contracts_seen
from usher.contracts.savings.outlook import ContractOutlook, LicenceOutlook, outlooks
from usher.removal.cases.lookup import LookupFailed
from usher.web.lists import parse_id
from usher.web.money import money


class LicenceSaving(ToolAnswer):
    """Of one kind of licence. Amounts are a year's, in `currency`. `smallest_pack`: null if no pack is large enough."""

    licence: str
    bought: int
    in_use: int
    could_be_freed: int
    because: dict[str, int]
    needed: int
    smallest_pack: int | None
    saves_a_year: str
    more_to_free_for_next_pack: int | None
    next_pack: int | None
    next_pack_saves_a_year: str | None
    arithmetic: str


class ContractSaving(ToolAnswer):
    """Fewer seats can be bought from `counts_from` on; notice can be given until `notice_until`."""

    number: int
    connection: int
    currency: str
    renews_on: date
    counts_from: date
    notice_until: date | None
    days_until_notice: int | None
    notice_for_next_renewal_is_over: bool
    costs_a_year: str
    saves_a_year: str
    licences: list[LicenceSaving]
    from_people: str = Field(description="The name of the contract.")


class SavingsFound(BoundedAnswer):
    """Amounts of different currencies are never added up."""

    contracts: list[ContractSaving]


def savings_until_renewal(
    caller: Caller,
    *,
    contract: Annotated[str, Field(max_length=200, description="Name or number; empty for all.")] = "",
    limit: Limit = DEFAULT_ROWS,
    offset: Offset = 0,
) -> SavingsFound:
    """What fewer seats would save at the next renewal, until when notice can be given, and how that is computed."""
    rows = contracts_seen().order_by("name", "pk")
    wanted = contract.strip()
    if wanted:
        named = rows.filter(name__iexact=wanted)
        rows = named if named.exists() else rows.filter(pk=parse_id(wanted) or 0)
    total = rows.count()
    if wanted and not total:
        raise LookupFailed(f"There is no contract “{contract}” that you see.", "Leave it out to see all.")
    found = [_saving(one) for one in outlooks(list(rows[offset : offset + limit]))]
    return SavingsFound(contracts=found, rest=rest(total, len(found), offset))


def _saving(outlook: ContractOutlook) -> ContractSaving:
    return ContractSaving(
        number=outlook.contract.pk,
        connection=outlook.contract.connection_id,
        currency=outlook.contract.currency,
        renews_on=outlook.renews_on,
        counts_from=outlook.counts_from,
        notice_until=outlook.notice_on,
        days_until_notice=outlook.days_until_notice,
        notice_for_next_renewal_is_over=outlook.is_notice_over,
        costs_a_year=outlook.costs_a_year,
        saves_a_year=outlook.saves,
        licences=[_licence(line) for line in outlook.lines],
        from_people=outlook.contract.name,
    )


def _licence(line: LicenceOutlook) -> LicenceSaving:
    saved = line.reduction
    return LicenceSaving(
        licence=line.licence.value,
        bought=line.then.seats,
        in_use=line.in_use,
        could_be_freed=line.to_free,
        because=dict(line.reason_rows),
        needed=saved.needed,
        smallest_pack=saved.pack,
        saves_a_year=line.saves,
        more_to_free_for_next_pack=saved.more_to_free,
        next_pack=saved.next_pack,
        next_pack_saves_a_year=line.next_saves or None,
        arithmetic=_in_words(line),
    )


def _in_words(line: LicenceOutlook) -> str:
    saved = line.reduction
    needed = f"{line.in_use:,} in use − {line.to_free:,} that could be freed = {saved.needed:,} needed."
    if saved.pack is None:
        return f"{needed} No pack is large enough for that, so nothing is saved."
    price = money(line.then.unit_price.a_year, line.currency)
    return (
        f"{needed} The smallest pack for it is {saved.pack:,}. {saved.bought:,} bought − {saved.pack:,} = "
        f"{saved.seats_saved:,} fewer (never below 0). {saved.seats_saved:,} × {price} a year = {line.saves} a year."
    )
