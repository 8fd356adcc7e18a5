"""Leavers and cases in the REST API. A token acts with the role of its owner."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import AfterValidator, Field, StringConstraints

from usher.access.roles import Action, actor_of, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.connections.models import Connection
from usher.removal.cases import opening, transitions
from usher.removal.cases.lookup import LookupFailed, cause_for, find_person
from usher.removal.cases.records import case_record, with_parts_of_record
from usher.removal.evidence.report import evidence_json
from usher.removal.execution.breakage import breakage_in_words
from usher.removal.execution.dry_run import dry_run
from usher.removal.execution.preview import RemovalPreview
from usher.removal.execution.task_lookups import note_lookup
from usher.removal.guardrails.settings import resume_removals, stop_removals
from usher.removal.jobs import run_if_due
from usher.removal.leavers.query import leaver_records
from usher.removal.leavers.query import leavers as all_leavers
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.rest.choices import one_of
from usher.rest.listing import next_link
from usher.rest.parameters import MOST
from usher.rest.simple_cursors import cursor_of, key_in
from usher.roster.models import Person

router = Router(tags=["Leavers and cases"], auth=PersonalToken())


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character U+0000 cannot be stored")
    return text


Text = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_storable)]


class LeaverOut(Schema):
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


class CaseOut(Schema):
    case: int
    state: str
    kind: str
    cause: str
    gid: str
    email: str
    name: str
    connection: str
    workspace_gids: list[str]
    reason: str
    opened_by: str
    asked_by: str | None
    approved_by: list[str]
    scheduled_for: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    version: str
    waits_for: list[str]
    remarks: list[str]
    unanswered_remarks: int
    outcome: str | None
    error: str | None
    remedy: str | None


class CasesOut(Schema):
    cases: list[CaseOut]
    total: int


class CaseIn(Schema):
    """`person` and `hand_over_to`: e-mail address or gid. `workspaces`: gids; empty for all."""

    connection: Text
    person: Text
    kind: Annotated[Case.Kind, one_of(Case.Kind.values)] = Case.Kind.REMOVE
    reason: Text = ""
    hand_over_to: Text | None = None
    workspaces: Annotated[list[Text], Field(max_length=1000)] = []

    @property
    def needs(self) -> Action:
        """Inviting somebody again takes a higher role than opening other cases, as on the pages."""
        return Action.RESTORE if self.kind == Case.Kind.RESTORE else Action.OPEN_CASES


class CallOut(Schema):
    step: str
    method: str
    path: str
    body: str
    acts_as: str


class PreviewOut(Schema):
    happens: list[str]
    lost: list[str]
    remarks: list[str]
    calls: list[CallOut]
    out_of_office: str
    breaks: list[str]

    @staticmethod
    def resolve_out_of_office(preview: RemovalPreview) -> str:
        return preview.absence.words if preview.absence else ""

    @staticmethod
    def resolve_breaks(preview: RemovalPreview) -> list[str]:
        return breakage_in_words(preview.breaks) if preview.breaks else []


class NoteIn(Schema):
    note: Text = ""


class ApprovalIn(NoteIn):
    """`version`: of the case as it was read. If it has changed since, the approval is refused."""

    version: Annotated[str, StringConstraints(max_length=200)] | None = None


class StopOut(Schema):
    stopped: bool


PROBLEMS = {403: None, 404: None, 409: None}


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
    chosen = _connection(connection) if connection else None
    if limit is None:
        return list(leaver_records(chosen))
    people = all_leavers(chosen)
    keys = list(people.filter(pk__gt=key_in(cursor)).order_by("pk").values_list("pk", flat=True)[: limit + 1])
    if len(keys) > limit:
        response["Link"] = next_link(request, cursor_of(keys[limit - 1]))
    return list(leaver_records(chosen, keys[:limit]))


@router.get("/cases", response=CasesOut)
def list_cases(
    request: HttpRequest,
    state: Annotated[list[CaseState], Query()] = [],  # noqa: B006  # as django-ninja reads lists
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> dict[str, object]:
    """Newest first."""
    require(signed_in(request), Action.READ)
    cases = Case.objects.filter(state__in=state) if state else Case.objects.all()
    page = with_parts_of_record(cases)[offset : offset + limit]
    return {"cases": [case_record(one) for one in page], "total": cases.count()}


@router.post("/cases", response={201: CaseOut, **PROBLEMS})
def request_case(request: HttpRequest, body: CaseIn) -> Status[dict[str, object]]:
    """Opens a case and requests its approval."""
    require(signed_in(request), body.needs)
    actor = actor_of(request)
    case = transitions.request_approval(opening.open_case(*_case_request(body), actor), actor)
    run_if_due(case)
    return Status(201, case_record(case))


@router.post("/cases/preview", response={200: PreviewOut, 502: None, **PROBLEMS})
def preview_case(request: HttpRequest, body: CaseIn) -> RemovalPreview:
    """The requests that a case would make. Opens nothing and changes nothing."""
    require(signed_in(request), body.needs)
    person, wanted = _case_request(body)
    note_lookup(request, f"person {person.pk}: {person} in {person.connection}")
    return dry_run(person, wanted, actor_of(request))


@router.get("/cases/{number}", response={200: CaseOut, 404: None})
def one_case(request: HttpRequest, number: int) -> dict[str, object]:
    require(signed_in(request), Action.READ)
    return case_record(_case(number))


@router.get("/cases/{number}/evidence", response={404: None})
def evidence(request: HttpRequest, number: int) -> HttpResponse:
    """Facts, approvals, steps, every request and its response, and the ledger entries."""
    require(signed_in(request), Action.READ)
    return HttpResponse(evidence_json(_case(number)), content_type="application/json")


@router.post("/cases/{number}/approve", response={200: CaseOut, **PROBLEMS})
def approve(request: HttpRequest, number: int, body: ApprovalIn) -> dict[str, object]:
    """Somebody other than the requester must approve a case."""
    require(signed_in(request), Action.APPROVE)
    case = transitions.approve(_case(number), actor_of(request), note=body.note, read=body.version)
    run_if_due(case)
    return case_record(case)


@router.post("/cases/{number}/refuse", response={200: CaseOut, **PROBLEMS})
def refuse(request: HttpRequest, number: int, body: NoteIn) -> dict[str, object]:
    """Rejects a case, which ends it."""
    require(signed_in(request), Action.APPROVE)
    return case_record(transitions.reject(_case(number), actor_of(request), note=body.note))


@router.post("/cases/{number}/cancel", response={200: CaseOut, **PROBLEMS})
def cancel(request: HttpRequest, number: int, body: NoteIn) -> dict[str, object]:
    """Ends a case that has not started or has failed."""
    require(signed_in(request), Action.OPEN_CASES)
    return case_record(transitions.cancel(_case(number), actor_of(request), reason=body.note))


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


def _case_request(body: CaseIn) -> tuple[Person, opening.CaseRequest]:
    connection = _connection(body.connection)
    person = find_person(connection, body.person)
    return person, opening.CaseRequest(
        kind=body.kind,
        cause=cause_for(person),
        reason=body.reason,
        hand_over_to=find_person(connection, body.hand_over_to) if body.hand_over_to else None,
        workspaces=body.workspaces,
    )


def _connection(name: str) -> Connection:
    connection = Connection.objects.filter(name__iexact=name).order_by("disconnected_at", "-pk").first()
    if connection is None:
        raise LookupFailed(f"There is no connection “{name}”.", "See the list under Integrations.")
    return connection


def _case(number: int) -> Case:
    case = Case.objects.filter(pk=number).first()
    if case is None:
        raise LookupFailed(f"There is no case {number}.", "See the list of cases.")
    return case
