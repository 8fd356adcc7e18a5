"""The demo's contract with Asana."""

from datetime import date, timedelta
from decimal import Decimal

from usher.connections.models import Connection
from usher.contracts.agreements.change import add_contract
from usher.contracts.agreements.checks import PurchaseTerms
from usher.contracts.arithmetic.amounts import PricePeriod
from usher.contracts.arithmetic.ladder import DEFAULT_LADDER, ladder
from usher.contracts.models import Contract
from usher.contracts.seats.counting import CoveredWorkspaces, in_use
from usher.ledger.actors import Actor
from usher.roster.models import Licence, Workspace

PRICE = Decimal("24.99")
RENEWS_IN_DAYS = 75
"""So that the visitor can still give notice."""


def agree(connection: Connection, start: date, today: date, admin: Actor) -> Contract:
    """For the smallest pack that holds everybody in Asana at the start."""
    places = CoveredWorkspaces(tuple(Workspace.objects.filter(connection=connection)))
    seats = in_use({0: places}).get((0, Licence.MEMBER), 0)
    bought = ladder(DEFAULT_LADDER).smallest_for(seats)
    assert bought is not None  # the usual packs have no end
    settings = {
        "name": "Asana Advanced",
        "plan": "Advanced",
        "currency": "EUR",
        "renews_on": today + timedelta(days=RENEWS_IN_DAYS),
        "term_months": 12,
        "notice_days": 30,
        "reducible": Contract.Reducible.AT_RENEWAL,
        "ladder": DEFAULT_LADDER,
    }
    purchase = PurchaseTerms(Licence.MEMBER, start, bought, PRICE, PricePeriod.MONTH)
    return add_contract(connection, settings, [], [purchase], admin)
