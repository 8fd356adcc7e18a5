"""Seat prices in the REST API. Amounts are texts, exact to the cent."""

from decimal import Decimal
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Status
from pydantic import StringConstraints

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.connections.models import Connection
from usher.rest.bodies import Amount, RequestBody, wrong_fields_named
from usher.rest.listing import ListedItem, Listing, Record
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.roster.models import SeatPrice
from usher.roster.seat_prices.change import set_price
from usher.roster.seat_prices.currencies import UnknownCurrency

router = Router(tags=["Contracts and savings"], auth=PersonalToken())


class SeatPriceOut(ListedItem):
    """What a seat of a connection costs a month; null where nobody has said it. `id`: the connection's.
    `is_from_contract`: a contract says it, and only a change of the contract changes it.
    """

    id: int
    connection: str
    amount: str | None
    currency: str | None
    is_from_contract: bool


class SeatPriceIn(RequestBody):
    """`currency`: three letters, such as EUR; one of those that the page offers."""

    amount: Amount
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def _record(one: Connection) -> Record:
    price: SeatPrice | None = getattr(one, "seat_price", None)
    return {
        "id": one.pk,
        "connection": one.name,
        "amount": f"{price.amount:.2f}" if price else None,
        "currency": price.currency if price else None,
        "is_from_contract": bool(price and price.is_from_contract),
    }


PRICES = Listing("seat-prices", SeatPriceOut, _record, {"id": "pk", "name": "name"})


@router.get("/seat-prices", response=PagedItems[SeatPriceOut], openapi_extra=PRICES.described)
def list_seat_prices(request: HttpRequest) -> HttpResponseBase:
    """Of all connected accounts."""
    require(signed_in(request), Action.READ)
    return PRICES.answer(request, _connected())


@router.get("/connections/{number}/seat-price", response={200: SeatPriceOut, 404: None})
def seat_price(request: HttpRequest, number: int) -> Record:
    require(signed_in(request), Action.READ)
    return _record(_one(number))


@router.put("/connections/{number}/seat-price", response={200: SeatPriceOut, 404: None, 409: None})
def put_seat_price(request: HttpRequest, number: int, body: SeatPriceIn) -> Record:
    """Sets or changes it. Refused where a contract says it."""
    require(signed_in(request), Action.SETTINGS)
    with wrong_fields_named(UnknownCurrency):
        set_price(_one(number), Decimal(body.amount), body.currency, actor_of(request))
    return _record(_one(number))


@router.delete("/connections/{number}/seat-price", response={204: None, 404: None, 409: None})
def delete_seat_price(request: HttpRequest, number: int) -> Status[None]:
    """From now on, nobody knows what a seat costs. Refused where a contract says it."""
    require(signed_in(request), Action.SETTINGS)
    set_price(_one(number), None, "", actor_of(request))
    return Status(204, None)


def _connected() -> "QuerySet[Connection]":
    return Connection.objects.filter(disconnected_at=None).select_related("seat_price")


def _one(number: int) -> Connection:
    return single(_connected(), number, "connected account", "connections")
