"""Notices in the REST API: what the owner of the token is told, what was sent, and sending again what failed."""

from collections.abc import Mapping
from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema
from pydantic import Field

from usher.access.acting import actor_of
from usher.access.models import User
from usher.access.roles import Action, require, require_as_oneself, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.notify.choices.own import choose, own_choices
from usher.notify.deliveries.handling import (
    FAILED,
    discard,
    discard_delivery,
    send_again,
    send_delivery_again,
)
from usher.notify.deliveries.search import DeliverySearch
from usher.notify.kinds import FOR_USERS, KINDS
from usher.notify.models import Delivery
from usher.rest.choices import one_of
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.parameters import TEXT, parameter
from usher.rest.single import single
from usher.web.csv_export import iso
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Notices"], auth=PersonalToken())
CHOICES = {"kind": list(KINDS), "state": Delivery.State.values}
FILTERS = [
    parameter("receiver", {**TEXT, "maxLength": 200}, "Part of an address, or of the name of a destination."),
    parameter("kind", {"type": "string", "enum": CHOICES["kind"]}, "Only this kind of notice."),
    parameter("state", {"type": "string", "enum": CHOICES["state"]}, "Only these."),
]


class DeliveryOut(ListedItem):
    """One notice to one receiver. `next_attempt_at`: of one that waits. `problem`: what went wrong last."""

    id: int
    told_at: str
    kind: str
    what: str
    receiver: str
    channel: str
    state: str
    attempts: int
    next_attempt_at: str | None
    ended_at: str | None
    problem: str
    remedy: str


class HandledOut(Schema):
    deliveries: int


class NoticeChoiceOut(Schema):
    """`is_required`: an admin decided that one of the two ways stays."""

    kind: str
    label: str
    about: str
    by_mail: bool
    by_slack: bool
    is_required: bool


class OneChoiceIn(Schema):
    """A way that is left out stays as it is."""

    kind: Annotated[str, one_of([kind.name for kind in FOR_USERS])]
    by_mail: bool | None = None
    by_slack: bool | None = None


class ChoicesIn(Schema):
    choices: Annotated[list[OneChoiceIn], Field(max_length=100)]


def _record(one: Delivery) -> Mapping[str, object]:
    is_waiting = one.state == Delivery.State.WAITING
    return {
        "id": one.pk,
        "told_at": iso(one.notice.told_at),
        "kind": one.notice.kind,
        "what": one.notice.of_kind.label,
        "receiver": one.receiver,
        "channel": one.way,
        "state": one.state,
        "attempts": one.attempts,
        "next_attempt_at": iso(one.next_attempt_at) if is_waiting else None,
        "ended_at": iso(one.ended_at),
        "problem": one.problem,
        "remedy": one.remedy,
    }


DELIVERIES = Listing("notices", DeliveryOut, _record, more=FILTERS)


@router.get("/notices", response=PagedItems[DeliveryOut], openapi_extra=DELIVERIES.described)
def list_deliveries(request: HttpRequest) -> HttpResponseBase:
    """What was sent, what waits and what failed. Texts and links are not in it."""
    require(signed_in(request), Action.SETTINGS)
    asked = {name: request.GET.get(name, "") for name in ("receiver", "kind", "state")}
    wrong = {
        name: f"One of {', '.join(known)}."
        for name, known in CHOICES.items()
        if name in request.GET and asked[name] not in known
    }
    if wrong:
        raise UnreadableRequest(wrong)
    if len(asked["receiver"]) > 200 or "\x00" in asked["receiver"]:
        raise UnreadableRequest({"receiver": "At most 200 characters."})
    return DELIVERIES.answer(request, DeliverySearch(**asked).deliveries())


@router.post("/notices/failed/again", response={200: HandledOut, 403: None})
def send_failed_again(request: HttpRequest) -> dict[str, int]:
    """Has a worker send everything again that failed."""
    require(signed_in(request), Action.SETTINGS)
    return {"deliveries": send_again(Delivery.objects.filter(FAILED), actor_of(request))}


@router.post("/notices/failed/discard", response={200: HandledOut, 403: None})
def discard_failed(request: HttpRequest) -> dict[str, int]:
    """Takes everything off the list that failed."""
    require(signed_in(request), Action.SETTINGS)
    return {"deliveries": discard(Delivery.objects.filter(FAILED), actor_of(request))}


@router.get("/notices/choices", response=list[NoticeChoiceOut])
def list_choices(request: HttpRequest) -> list[dict[str, object]]:
    """What the owner of the token is told, and where: every kind that they may be told."""
    require(signed_in(request), Action.READ)
    return _shown(signed_in(request))


@router.patch("/notices/choices", response={200: list[NoticeChoiceOut], 403: None, 409: None})
def change_choices(request: HttpRequest, body: ChoicesIn) -> list[dict[str, object]]:
    """Changes what is given. It takes a token that permits all that its owner may."""
    user = signed_in(request)
    require(user, Action.READ)
    require_as_oneself(user)
    choose(user, {each.kind: (each.by_mail, each.by_slack) for each in body.choices}, actor_of(request))
    return _shown(user)


@router.get("/notices/{number}", response={200: DeliveryOut, 404: None})
def one_delivery(request: HttpRequest, number: int) -> Mapping[str, object]:
    require(signed_in(request), Action.SETTINGS)
    return _record(_delivery(number))


@router.post("/notices/{number}/again", response={200: DeliveryOut, 403: None, 404: None, 409: None})
def send_one_again(request: HttpRequest, number: int) -> Mapping[str, object]:
    """Has a worker send what failed again, or what went to a webhook: with the same id, so that it is handled once."""
    require(signed_in(request), Action.SETTINGS)
    send_delivery_again(_delivery(number).pk, actor_of(request))
    return _record(_delivery(number))


@router.post("/notices/{number}/discard", response={200: DeliveryOut, 403: None, 404: None, 409: None})
def discard_one(request: HttpRequest, number: int) -> Mapping[str, object]:
    """Takes what failed off the list."""
    require(signed_in(request), Action.SETTINGS)
    discard_delivery(_delivery(number).pk, actor_of(request))
    return _record(_delivery(number))


def _delivery(number: int) -> Delivery:
    return single(DeliverySearch().deliveries(), number, "delivery", "notices")


def _shown(user: User) -> list[dict[str, object]]:
    return [
        {
            "kind": each.kind.name,
            "label": each.kind.label,
            "about": each.kind.about,
            "by_mail": each.wish.by_mail,
            "by_slack": each.wish.by_slack,
            "is_required": each.wish.is_required,
        }
        for each in own_choices(user)
    ]
