"""Contracts put into the database as the page does, and seats that were counted on past days."""

from datetime import date
from decimal import Decimal

from usher.connections.models import Connection
from usher.contracts.agreements.change import add_contract
from usher.contracts.agreements.checks import PurchaseTerms
from usher.contracts.arithmetic.amounts import PricePeriod
from usher.contracts.arithmetic.ladder import DEFAULT_LADDER
from usher.contracts.models import Contract
from usher.ledger.actors import SYSTEM
from usher.roster.models import Licence, SeatCount, Workspace

VALID_FROM = date(2025, 3, 1)


def member_seats(
    seats: int,
    price: str = "10.00",
    period: PricePeriod = PricePeriod.MONTH,
    valid_from: date = VALID_FROM,
    licence: Licence = Licence.MEMBER,
) -> PurchaseTerms:
    return PurchaseTerms(licence, valid_from, seats, Decimal(price), period)


def a_contract(
    connection: Connection,
    *purchases: PurchaseTerms,
    workspaces: tuple[Workspace, ...] = (),
    **fields: object,
) -> Contract:
    """Renews on 1 March for a year, with 40 days of notice; 20 member seats unless said otherwise."""
    settings: dict[str, object] = {
        "name": "Asana Advanced",
        "plan": "Advanced",
        "currency": "EUR",
        "renews_on": date(2027, 3, 1),
        "term_months": 12,
        "notice_days": 40,
        "reducible": Contract.Reducible.AT_RENEWAL,
        "ladder": DEFAULT_LADDER,
    }
    bought = purchases or (member_seats(20),)
    return add_contract(connection, settings | fields, workspaces, bought, SYSTEM)


def seats_were(workspace: Workspace, day: date, people: int, licence: Licence = Licence.MEMBER) -> None:
    SeatCount.objects.create(
        workspace=workspace,
        day=day,
        role="guest" if licence == Licence.GUEST else "member",
        licence=licence,
        people=people,
    )
