"""The list of licences to pause by hand. Nothing here changes Asana."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.removal.api.answers import Key, Text
from usher.removal.models import LicencePause
from usher.removal.pages.pauses.export import pause_record
from usher.removal.pages.pauses.filters import PausesFilter
from usher.removal.pauses import worklist
from usher.removal.pauses.states import logs_read_until, standing_of
from usher.removal.pauses.worklist import PUT_AT_ONCE, PutResult
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.roster.models import Person
from usher.web.refused.problems import NoSuchThing

router = Router(tags=["Licences to pause"], auth=PersonalToken())


class PauseOut(ListedItem):
    """`state`: `paused` once the audit log shows it, `billed` if it ended. `note`: why a tick is not verified."""

    id: int
    person: int
    gid: str
    name: str
    email: str
    connection: str
    workspace: str
    workspace_gid: str
    state: str
    note: str
    reason: str
    put_at: str
    put_by: str
    ticked_at: str | None
    ticked_by: str
    paused_at: str | None
    billed_again_at: str | None
    ended_by_sign_in: bool | None
    taken_off_at: str | None
    taken_off_by: str
    taken_off_reason: str


class PutIn(Schema):
    """`people`: their numbers, as in `people`. `workspaces`: gids; empty for all."""

    people: Annotated[list[Key], Field(min_length=1, max_length=PUT_AT_ONCE)]
    reason: Text
    workspaces: Annotated[list[Text], Field(max_length=1000)] = []


class NotPutOut(Schema):
    person: int
    name: str
    message: str
    remedy: str


class PutOut(Schema):
    """`left_out`: who cannot be put on the list, and why."""

    put: list[PauseOut]
    left_out: list[NotPutOut]


class TakeOffIn(Schema):
    reason: Text


ReadUntil = Mapping[int, datetime]


def _record(pause: LicencePause, read_until: ReadUntil, now: datetime) -> Mapping[str, object]:
    keys = {"id": pause.pk, "person": pause.membership.person_id}
    return {**keys, **pause_record(pause, standing_of(pause, read_until, now))}


PAUSES = Listing("licences-to-pause", PauseOut, sorts={"id": "pk", "put_at": "put_at"}, filters=PausesFilter)


@router.get("/pauses", response=PagedItems[PauseOut], openapi_extra=PAUSES.described)
def list_pauses(request: HttpRequest) -> HttpResponseBase:
    """Those that are open; `show` has the others, or all."""
    require(signed_in(request), Action.READ)
    read_until: dict[int, datetime] = {}
    now = timezone.now()
    return PAUSES.answer(
        request,
        _pauses_with_people(),
        prepare=lambda some: read_until.update(
            logs_read_until({one.membership.workspace_id for one in some})
        ),
        record=lambda one: _record(one, read_until, now),
    )


@router.post("/pauses", response={200: PutOut, 403: None, 404: None, 409: None})
def put_on_list(request: HttpRequest, body: PutIn) -> dict[str, object]:
    """Puts the Member licences of up to 200 people on the list. Who cannot be put on it stops no other."""
    require(signed_in(request), Action.OPEN_CASES)
    wanted = set(body.people)
    missing = sorted(wanted - set(Person.objects.filter(pk__in=wanted).values_list("pk", flat=True)))
    if missing:
        raise NoSuchThing(f"There is no person {missing[0]}.", "GET /api/v1/people lists them.")
    results = worklist.put_on_list(wanted, body.reason, actor_of(request), body.workspaces)
    keys = [pause.pk for one in results for pause in one.pauses]
    put = list(_pauses_with_people().filter(pk__in=keys).order_by("pk"))
    return {
        "put": _records(put),
        "left_out": [_not_put(one) for one in results if one.problem],
    }


@router.get("/pauses/{number}", response={200: PauseOut, 404: None})
def one_pause(request: HttpRequest, number: int) -> Mapping[str, object]:
    require(signed_in(request), Action.READ)
    return _single(number)


@router.post("/pauses/{number}/tick", response={200: PauseOut, 403: None, 404: None, 409: None})
def tick(request: HttpRequest, number: int) -> Mapping[str, object]:
    """Somebody has paused it in Asana's Admin Console. The audit log verifies it with the next sync."""
    require(signed_in(request), Action.OPEN_CASES)
    worklist.tick_one(_pause(number).pk, actor_of(request))
    return _single(number)


@router.post("/pauses/{number}/untick", response={200: PauseOut, 403: None, 404: None, 409: None})
def untick(request: HttpRequest, number: int) -> Mapping[str, object]:
    """It was not done after all."""
    require(signed_in(request), Action.OPEN_CASES)
    worklist.untick(_pause(number).pk, actor_of(request))
    return _single(number)


@router.post("/pauses/{number}/take-off", response={200: PauseOut, 403: None, 404: None, 409: None})
def take_off(request: HttpRequest, number: int, body: TakeOffIn) -> Mapping[str, object]:
    """Nobody is to pause the licence any more. Asana stays as it is."""
    require(signed_in(request), Action.OPEN_CASES)
    worklist.take_off(_pause(number).pk, body.reason, actor_of(request))
    return _single(number)


def _pauses_with_people() -> QuerySet[LicencePause]:
    return LicencePause.objects.select_related("connection", "membership__person", "membership__workspace")


def _pause(number: int) -> LicencePause:
    return single(_pauses_with_people(), number, "entry", "pauses")


def _single(number: int) -> Mapping[str, object]:
    (record,) = _records([_pause(number)])
    return record


def _records(pauses: list[LicencePause]) -> list[Mapping[str, object]]:
    read_until = logs_read_until({one.membership.workspace_id for one in pauses})
    return [_record(one, read_until, timezone.now()) for one in pauses]


def _not_put(one: PutResult) -> dict[str, object]:
    return {
        "person": one.person.pk,
        "name": str(one.person),
        "message": one.problem,
        "remedy": one.remedy,
    }
