"""Guardrails and protected people in the REST API."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status
from pydantic import Field, StringConstraints

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.directory.models import Protected
from usher.removal.guardrails.protected_list import (
    CannotProtect,
    ProtectedPeople,
    people_protected_by,
    people_protected_by_each,
    protect_pattern,
    protect_person,
    unprotect,
)
from usher.removal.guardrails.protection import why_protected
from usher.removal.guardrails.settings import WrongQuietHours, change_guardrails
from usher.removal.guardrails.weakened import weaker_than_default
from usher.removal.models import Guardrails
from usher.rest.bodies import STORABLE
from usher.rest.choices import one_of
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.roster.models import Person
from usher.web.csv_export import iso
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Guardrails"], auth=PersonalToken())
LONGEST_GRACE = 30 * 24 * 60
Text = Annotated[str, StringConstraints(max_length=500, pattern=STORABLE)]


class GuardrailsOut(Schema):
    """What applies to every removal. `weakened`: what is weaker than the default, and what that means."""

    needs_approval: bool
    rules_may_approve: bool
    daily_limit: int
    share_limit: int
    grace_minutes: int
    quiet_from: str | None
    quiet_until: str | None
    is_stopped: bool
    stop_reason: str
    is_restored: bool
    weakened: dict[str, str]


class GuardrailsIn(Schema):
    """Only what is to change. Quiet hours: both, or null for both."""

    needs_approval: bool | None = None
    rules_may_approve: bool | None = None
    daily_limit: Annotated[int, Field(ge=0, le=100_000)] | None = None
    share_limit: Annotated[int, Field(ge=0, le=100)] | None = None
    grace_minutes: Annotated[int, Field(ge=0, le=LONGEST_GRACE)] | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    reason: Text = ""


class ProtectedOut(ListedItem):
    """A person, or a pattern of addresses, that is never removed. `people`: how many it covers now."""

    id: int
    person: int | None
    gid: str
    name: str
    pattern: str
    why: str
    note: str
    by: str
    added_at: str
    people: int


class ProtectedIn(Schema):
    """Either `person` or `pattern`."""

    person: int | None = None
    pattern: Annotated[str, StringConstraints(max_length=320, pattern=STORABLE)] = ""
    why: Annotated[Protected.Why, one_of(Protected.Why.values)]
    note: Text = ""


class WhyOut(Schema):
    person: int
    is_protected: bool
    why: str


def _shown() -> dict[str, object]:
    settings = Guardrails.get()
    return {
        "needs_approval": settings.needs_approval,
        "rules_may_approve": settings.rules_may_approve,
        "daily_limit": settings.daily_limit,
        "share_limit": settings.share_limit,
        "grace_minutes": settings.grace_minutes,
        "quiet_from": settings.quiet_from.isoformat("minutes") if settings.quiet_from else None,
        "quiet_until": settings.quiet_until.isoformat("minutes") if settings.quiet_until else None,
        "is_stopped": settings.stopped_at is not None,
        "stop_reason": settings.stop_reason,
        "is_restored": settings.restored_at is not None,
        "weakened": weaker_than_default(settings),
    }


def _record(one: Protected, people: int | None = None) -> Mapping[str, object]:
    return {
        "id": one.pk,
        "person": one.person_id,
        "gid": one.person_gid,
        "name": one.person_name,
        "pattern": one.pattern,
        "why": one.why,
        "note": one.note,
        "by": one.by,
        "added_at": iso(one.added_at),
        "people": people_protected_by(one).count() if people is None else people,
    }


PROTECTED = Listing("protected", ProtectedOut, _record)


@router.get("/guardrails", response=GuardrailsOut)
def guardrails(request: HttpRequest) -> dict[str, object]:
    require(signed_in(request), Action.READ)
    return _shown()


@router.patch("/guardrails", response={200: GuardrailsOut})
def patch_guardrails(request: HttpRequest, body: GuardrailsIn) -> dict[str, object]:
    """Changes what is given. It is in the ledger, with the reason."""
    require(signed_in(request), Action.SETTINGS)
    given = body.dict(exclude_unset=True)
    reason = str(given.pop("reason", ""))
    for name in ("quiet_from", "quiet_until"):
        if given.get(name) is not None:
            given[name] = given[name].replace(tzinfo=None, microsecond=0)
    changed = {name: value for name, value in given.items() if value is not None or name.startswith("quiet")}
    try:
        change_guardrails(actor_of(request), changed, reason)
    except WrongQuietHours as refused:
        raise UnreadableRequest({refused.field: f"{refused.message} {refused.remedy}"}) from refused
    return _shown()


@router.get("/protected", response=PagedItems[ProtectedOut], openapi_extra=PROTECTED.described)
def list_protected(request: HttpRequest) -> HttpResponseBase:
    """The list. The person who connected Usher and the last admin of a workspace are protected without it."""
    require(signed_in(request), Action.READ)
    covered: dict[int, ProtectedPeople] = {}
    return PROTECTED.answer(
        request,
        Protected.objects.all(),
        prepare=lambda entries: covered.update(people_protected_by_each(entries, 1)),
        record=lambda one: _record(one, covered[one.pk].count),
    )


@router.post("/protected", response={201: ProtectedOut, 404: None})
def protect(request: HttpRequest, body: ProtectedIn) -> Status[Mapping[str, object]]:
    require(signed_in(request), Action.SETTINGS)
    if (body.person is None) == (not body.pattern):
        raise UnreadableRequest({"person": "Give either a person or a pattern."})
    actor = actor_of(request)
    try:
        if body.person is None:
            entry = protect_pattern(body.pattern, body.why, body.note, actor)
        else:
            entry = protect_person(_person(body.person), body.why, body.note, actor)
    except CannotProtect as refused:
        raise UnreadableRequest({refused.field: refused.message}) from refused
    return Status(201, _record(entry))


@router.delete("/protected/{number}", response={204: None, 404: None})
def take_off(request: HttpRequest, number: int) -> Status[None]:
    """Takes an entry off the list."""
    require(signed_in(request), Action.SETTINGS)
    entry = single(Protected.objects.select_related("person"), number, "entry", "protected")
    unprotect(entry, actor_of(request))
    return Status(204, None)


@router.get("/people/{number}/protection", response={200: WhyOut, 404: None})
def protection(request: HttpRequest, number: int) -> dict[str, object]:
    """Whether somebody is protected from removal, and why."""
    require(signed_in(request), Action.READ)
    why = why_protected(_person(number))
    return {"person": number, "is_protected": bool(why), "why": why}


def _person(number: int) -> Person:
    return single(Person.objects.select_related("connection"), number, "person", "people")
