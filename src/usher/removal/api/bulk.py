"""Cases for several people at once: first what the guardrails mean for them, then opened."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.removal.api.answers import CaseOut, Key, Text
from usher.removal.cases.bulk import (
    BULK_KINDS,
    BulkResult,
    BulkWish,
    HandOver,
    WrongBulkWish,
    can_downgrade,
    checked_request,
    managers_among,
    open_cases,
)
from usher.removal.cases.forecast import Forecast, forecast
from usher.removal.cases.records import case_record, with_parts_of_record
from usher.removal.jobs import run_if_due
from usher.removal.leavers.candidates import AT_ONCE, Candidate, candidates
from usher.removal.models import Case
from usher.rest.choices import one_of
from usher.roster.models import Person
from usher.web.csv_export import iso
from usher.web.refused.problems import NoSuchThing, UnreadableRequest

router = Router(tags=["Leavers and cases"], auth=PersonalToken())


class ChosenIn(Schema):
    """`people`: their numbers, as in `people` and `leavers`."""

    people: Annotated[list[Key], Field(min_length=1, max_length=AT_ONCE)]


class BulkIn(ChosenIn):
    """`count`: how many people a case can be opened for, as the preview says; needed for more than ten. `receiver`:
    e-mail address or gid of who takes over, for `person`. `idle`: the seats of those who are no leavers are idle.
    `reason`: needed where somebody is no leaver. `draft`: requests no approval yet.
    """

    kind: Annotated[Case.Kind, one_of([kind.value for kind in BULK_KINDS])] = Case.Kind.REMOVE
    reason: Text = ""
    hand_over: Annotated[HandOver, one_of(HandOver.values)] = HandOver.NOBODY
    receiver: Text = ""
    idle: bool = False
    draft: bool = False
    count: int | None = None


class CandidateOut(Schema):
    """`last_day`: of people still at work. `manager`: who could take over the work. `remarks`: the unanswered ones."""

    person: int
    name: str
    email: str
    connection: str
    is_leaver: bool
    says: str
    last_day: str | None
    seats: int
    manager: str | None
    remarks: list[str]


class LeftOutOut(Schema):
    """For whom no case was or can be opened, and why. `case`: the one that is in the way."""

    person: int | None
    name: str
    message: str
    remedy: str
    case: int | None


class OverLimitOut(Schema):
    """Of a workspace: how many may be removed in 24 hours, how many were, and how many of these people are too many."""

    workspace: str
    workspace_gid: str
    allowed: int
    begun: int
    over: int


class ForecastOut(Schema):
    """As if all cases were approved now. `over_daily`: how many need a second approval. `latest`: the last start."""

    needs_approval: bool
    is_stopped: bool
    daily_limit: int
    share_limit: int
    begun: int
    over_daily: int
    over_share: list[OverLimitOut]
    earliest: str
    latest: str


class BulkPreviewOut(Schema):
    """`count`: of `people`, for whom a case can be opened. `forecast`: null where there is nobody."""

    count: int
    people: list[CandidateOut]
    left_out: list[LeftOutOut]
    can_downgrade: bool
    managers: int
    forecast: ForecastOut | None


class BulkOut(Schema):
    opened: list[CaseOut]
    left_out: list[LeftOutOut]


@router.post("/cases/bulk/preview", response={200: BulkPreviewOut, 403: None, 404: None})
def preview_bulk(request: HttpRequest, body: ChosenIn) -> dict[str, object]:
    """For whom cases can be opened, for whom not and why, and what the guardrails would mean. Opens nothing."""
    require(signed_in(request), Action.OPEN_CASES)
    selected = _selected(body.people)
    able = [one for one in selected if one.can_be_opened]
    return {
        "count": len(able),
        "people": [_candidate_record(one) for one in able],
        "left_out": [_left_out(one) for one in selected if not one.can_be_opened],
        "can_downgrade": can_downgrade(able),
        "managers": managers_among(able),
        "forecast": _forecast_record(forecast(able, timezone.now())) if able else None,
    }


@router.post("/cases/bulk", response={200: BulkOut, 403: None, 404: None})
def open_bulk(request: HttpRequest, body: BulkIn) -> dict[str, object]:
    """Opens a case for each of up to 200 people, and requests its approval. Who cannot have one stops no other."""
    require(signed_in(request), Action.OPEN_CASES)
    selected = _selected(body.people)
    able = [one for one in selected if one.can_be_opened]
    wish = BulkWish(
        kind=body.kind,
        reason=body.reason,
        hand_over=body.hand_over,
        receiver=body.receiver,
        count=body.count,
        request_approval=not body.draft,
    )
    try:
        wanted = checked_request(able, wish, Case.Cause.IDLE if body.idle else Case.Cause.BY_HAND)
    except WrongBulkWish as refused:
        raise UnreadableRequest({refused.field: f"{refused.message} {refused.remedy}".strip()}) from refused
    results = open_cases(able, wanted, actor_of(request)) if able else []
    opened = [one.case for one in results if one.case and not one.problem]
    for case in opened:
        run_if_due(case)
    stored = with_parts_of_record(Case.objects.filter(pk__in=[case.pk for case in opened]).order_by("pk"))
    return {
        "opened": [case_record(case) for case in stored],
        "left_out": [
            *(_left_out(one) for one in selected if not one.can_be_opened),
            *(_failed(one) for one in results if one.problem),
        ],
    }


def _selected(numbers: list[int]) -> list[Candidate]:
    """Raises NoSuchThing where one is unknown, or not for this token."""
    wanted = set(numbers)
    missing = sorted(wanted - set(Person.objects.filter(pk__in=wanted).values_list("pk", flat=True)))
    if missing:
        raise NoSuchThing(f"There is no person {missing[0]}.", "GET /api/v1/people lists them.")
    return candidates(wanted)


def _candidate_record(one: Candidate) -> dict[str, object]:
    receiver = one.manager.receiver if one.manager else None
    return {
        "person": one.person.pk,
        "name": one.person.name,
        "email": one.person.email,
        "connection": one.person.connection.name,
        "is_leaver": one.is_leaver,
        "says": one.says,
        "last_day": one.last_day.isoformat() if one.last_day else None,
        "seats": one.seats,
        "manager": receiver.email if receiver else None,
        "remarks": list(one.remarks),
    }


def _left_out(one: Candidate) -> dict[str, object]:
    return {
        "person": one.person.pk,
        "name": str(one.person),
        "message": one.blocked,
        "remedy": one.remedy,
        "case": one.case_id,
    }


def _failed(one: BulkResult) -> dict[str, object]:
    """Somebody else was faster."""
    return {
        "person": one.case.person_id if one.case else None,
        "name": one.who,
        "message": one.problem,
        "remedy": one.remedy,
        "case": one.case.pk if one.case else None,
    }


def _forecast_record(found: Forecast) -> dict[str, object]:
    return {
        "needs_approval": found.needs_approval,
        "is_stopped": found.is_stopped,
        "daily_limit": found.daily_limit,
        "share_limit": found.share_limit,
        "begun": found.begun,
        "over_daily": found.over_daily,
        "over_share": [
            {
                "workspace": one.workspace.name,
                "workspace_gid": one.workspace.gid,
                "allowed": one.allowed,
                "begun": one.begun,
                "over": one.over,
            }
            for one in found.over_share
        ],
        "earliest": iso(found.earliest),
        "latest": iso(found.latest),
    }
