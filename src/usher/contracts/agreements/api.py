"""Contracts and what was bought under them, in the REST API. Amounts are texts, exact to the cent."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status
from pydantic import Field, StringConstraints

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.connections.models import Connection
from usher.contracts.agreements.change import (
    add_contract,
    change_contract,
    delete_contract,
    record_purchase,
    remove_purchase,
)
from usher.contracts.agreements.checks import (
    LONGEST_NOTICE_DAYS,
    LONGEST_TERM_MONTHS,
    ContractRefused,
    PurchaseTerms,
)
from usher.contracts.agreements.query import contracts_seen, places_of
from usher.contracts.arithmetic.amounts import PricePeriod
from usher.contracts.arithmetic.ladder import DEFAULT_LADDER, MOST_SEATS
from usher.contracts.models import Contract, LicencePurchase
from usher.rest.bodies import STORABLE, Amount, Name, Number, RequestBody, wrong_fields_named
from usher.rest.choices import one_of
from usher.rest.listing import ListedItem, Listing, Record
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.roster.models import Licence, Workspace
from usher.web.refused.problems import NoSuchThing, UnreadableRequest

router = Router(tags=["Contracts and savings"], auth=PersonalToken())

MOST_WORKSPACES = 1_000
BOUGHT = tuple(kind.value for kind in LicencePurchase.KINDS)
Plan = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60, pattern=STORABLE)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Months = Annotated[int, Field(ge=1, le=LONGEST_TERM_MONTHS)]
Days = Annotated[int, Field(ge=0, le=LONGEST_NOTICE_DAYS)]
Reducible = Annotated[Contract.Reducible, one_of(Contract.Reducible.values)]
PackSizes = Annotated[str, StringConstraints(max_length=500, pattern=STORABLE)]
Places = Annotated[list[Number], Field(max_length=MOST_WORKSPACES)]


class PurchaseOut(Schema):
    id: int
    licence: str
    valid_from: str
    seats: int
    price: str
    period: str


class ContractOut(ListedItem):
    """A contract with Asana. `workspaces`: the numbers of those that it covers; none means all of the connection.
    `ladder`: the sizes of packs. `price`: of one licence for a `period`.
    """

    id: int
    connection: str
    name: str
    plan: str
    currency: str
    renews_on: str
    term_months: int
    notice_days: int
    reducible: str
    ladder: str
    workspaces: list[int]
    purchases: list[PurchaseOut]


class PurchaseIn(RequestBody):
    """So many licences from a day on. `price`: of one of them for a `period`, without tax."""

    licence: Annotated[Licence, one_of(BOUGHT)]
    valid_from: date
    seats: Annotated[int, Field(ge=0, le=MOST_SEATS)]
    price: Amount
    period: Annotated[PricePeriod, one_of([each.value for each in PricePeriod])]

    @property
    def terms(self) -> PurchaseTerms:
        return PurchaseTerms(self.licence, self.valid_from, self.seats, Decimal(self.price), self.period)


class ContractIn(RequestBody):
    """`renews_on`: one of its renewals; the others are counted from it. `workspaces`: none means all of the
    connection. `purchases`: of member seats at least.
    """

    name: Name
    plan: Plan = ""
    currency: Currency
    renews_on: date
    term_months: Months = 12
    notice_days: Days = 30
    reducible: Reducible = Contract.Reducible.AT_RENEWAL
    ladder: PackSizes = DEFAULT_LADDER
    workspaces: Places = []
    purchases: Annotated[list[PurchaseIn], Field(min_length=1, max_length=100)]


class ContractChanges(RequestBody):
    """Only what is to change. A contract under which something was bought keeps its currency."""

    name: Name | None = None
    plan: Plan | None = None
    currency: Currency | None = None
    renews_on: date | None = None
    term_months: Months | None = None
    notice_days: Days | None = None
    reducible: Reducible | None = None
    ladder: PackSizes | None = None
    workspaces: Places | None = None


def _contract_record(one: Contract) -> Record:
    return {
        "id": one.pk,
        "connection": one.connection.name,
        "name": one.name,
        "plan": one.plan,
        "currency": one.currency,
        "renews_on": one.renews_on.isoformat(),
        "term_months": one.term_months,
        "notice_days": one.notice_days,
        "reducible": one.reducible,
        "ladder": one.ladder,
        "workspaces": sorted(each.pk for each in one.workspaces.all()),
        "purchases": [
            {
                "id": each.pk,
                "licence": each.licence,
                "valid_from": each.valid_from.isoformat(),
                "seats": each.seats,
                "price": f"{each.price:.2f}",
                "period": each.period,
            }
            for each in one.purchases.all()
        ],
    }


CONTRACTS = Listing("contracts", ContractOut, _contract_record, {"id": "pk", "name": "name"})


@router.get("/contracts", response=PagedItems[ContractOut], openapi_extra=CONTRACTS.described)
def list_contracts(request: HttpRequest) -> HttpResponseBase:
    require(signed_in(request), Action.READ)
    return CONTRACTS.answer(request, _contracts())


@router.get("/contracts/{number}", response={200: ContractOut, 404: None})
def one_contract(request: HttpRequest, number: int) -> Record:
    require(signed_in(request), Action.READ)
    return _contract_record(one_contract_seen(number))


@router.post("/connections/{number}/contracts", response={201: ContractOut, 404: None, 409: None})
def add(request: HttpRequest, number: int, body: ContractIn) -> Status[Record]:
    """Enters a contract of the connection. From now on, it says the price of its seats."""
    require(signed_in(request), Action.SETTINGS)
    connection = single(Connection.objects.all(), number, "connection", "connections")
    settings = body.dict(exclude={"workspaces", "purchases"})
    with wrong_fields_named(ContractRefused):
        added = add_contract(
            connection,
            settings,
            _workspaces(connection, body.workspaces),
            [each.terms for each in body.purchases],
            actor_of(request),
        )
    return Status(201, _contract_record(one_contract_seen(added.pk)))


@router.patch("/contracts/{number}", response={200: ContractOut, 404: None, 409: None})
def change(request: HttpRequest, number: int, body: ContractChanges) -> Record:
    """Changes what is given. What stays the same is not recorded."""
    require(signed_in(request), Action.SETTINGS)
    contract = one_contract_seen(number)
    settings = body.dict(exclude_none=True, exclude={"workspaces"})
    covered = None if body.workspaces is None else _workspaces(contract.connection, body.workspaces)
    with wrong_fields_named(ContractRefused):
        change_contract(contract, settings, covered, actor_of(request))
    return _contract_record(one_contract_seen(number))


@router.delete("/contracts/{number}", response={204: None, 404: None})
def delete(request: HttpRequest, number: int) -> Status[None]:
    """Deletes it with what was bought under it. The price of the connection's seats stays until somebody changes it."""
    require(signed_in(request), Action.SETTINGS)
    delete_contract(one_contract_seen(number), actor_of(request))
    return Status(204, None)


@router.post("/contracts/{number}/purchases", response={200: ContractOut, 404: None, 409: None})
def add_purchase(request: HttpRequest, number: int, body: PurchaseIn) -> Record:
    """Records what was bought. It replaces a purchase of the same licence and day."""
    require(signed_in(request), Action.SETTINGS)
    with wrong_fields_named(ContractRefused):
        record_purchase(one_contract_seen(number), body.terms, actor_of(request))
    return _contract_record(one_contract_seen(number))


@router.delete("/contracts/{number}/purchases/{purchase}", response={204: None, 404: None, 409: None})
def delete_purchase(request: HttpRequest, number: int, purchase: int) -> Status[None]:
    """Takes a purchase back. The only one of member seats stays."""
    require(signed_in(request), Action.SETTINGS)
    found = one_contract_seen(number).purchases.filter(pk=purchase).first()
    if found is None:
        raise NoSuchThing(
            f"The contract has no purchase {purchase}.", f"GET /api/v1/contracts/{number} lists them."
        )
    remove_purchase(found, actor_of(request))
    return Status(204, None)


def one_contract_seen(number: int) -> Contract:
    """Raises NoSuchThing."""
    return single(_contracts(), number, "contract", "contracts")


def _contracts() -> "QuerySet[Contract]":
    return contracts_seen().prefetch_related("workspaces")


def _workspaces(connection: Connection, numbers: list[int]) -> list[Workspace]:
    """Raises UnreadableRequest for one that a contract of the connection cannot cover."""
    found = list(places_of(connection).filter(pk__in=numbers))
    missing = sorted(set(numbers) - {each.pk for each in found})
    if missing:
        raise UnreadableRequest(
            {"workspaces": f"{missing[0]} is no workspace that “{connection.name}” reads."}
        )
    return found
