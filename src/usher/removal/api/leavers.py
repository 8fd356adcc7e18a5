"""Leavers in the REST API, and stopping all removals."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.removal.api.answers import NoteIn, connection_of
from usher.removal.guardrails.settings import resume_removals, stop_removals
from usher.removal.leavers.query import leaver_records
from usher.removal.leavers.query import leavers as all_leavers
from usher.rest.listing import next_link
from usher.rest.parameters import MOST
from usher.rest.simple_cursors import cursor_of, key_in

router = Router(tags=["Leavers and cases"], auth=PersonalToken())


class LeaverOut(Schema):
    person: int
    gid: str
    email: str
    name: str
    connection: str
    workspace_gids: list[str]
    left_on: str | None
    last_day: str | None
    source: str
    protected: bool
    reason: str
    remarks: list[str]
    unanswered_remarks: int
    seats: int
    case: int | None
    case_state: str | None


class StopOut(Schema):
    stopped: bool


@router.get("/leavers", response={200: list[LeaverOut], 404: None})
def leavers(
    request: HttpRequest,
    response: HttpResponse,
    connection: str = "",
    limit: Annotated[int | None, Query(ge=1, le=MOST)] = None,
    cursor: Annotated[str, Query(max_length=2000)] = "",
) -> list[dict[str, object]]:
    """People who left or are leaving but are still in Asana, and people picked by hand.

    Without `limit`, all of them. With it so many, and the address of the next page in the header `Link`.
    """
    require(signed_in(request), Action.READ)
    chosen = connection_of(connection) if connection else None
    if limit is None:
        return list(leaver_records(chosen))
    people = all_leavers(chosen)
    keys = list(people.filter(pk__gt=key_in(cursor)).order_by("pk").values_list("pk", flat=True)[: limit + 1])
    if len(keys) > limit:
        response["Link"] = next_link(request, cursor_of(keys[limit - 1]))
    return list(leaver_records(chosen, keys[:limit]))


@router.post("/removals/stop", response={200: StopOut, 403: None})
def stop(request: HttpRequest, body: NoteIn) -> dict[str, bool]:
    """Stops all removals at once."""
    require(signed_in(request), Action.STOP_REMOVALS)
    stop_removals(actor_of(request), body.note)
    return {"stopped": True}


@router.post("/removals/resume", response={200: StopOut, 403: None})
def resume(request: HttpRequest, body: NoteIn) -> dict[str, bool]:
    """Lets removals continue after a stop."""
    require(signed_in(request), Action.RESUME_REMOVALS)
    resume_removals(actor_of(request), body.note)
    return {"stopped": False}
