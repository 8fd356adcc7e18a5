"""Cases in the REST API: the list, opening, previewing and changing them, and their evidence."""

from typing import Annotated

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.removal.api.answers import (
    PROBLEMS,
    CaseOut,
    PreviewOut,
    Text,
    Version,
    case_of,
    connection_of,
)
from usher.removal.cases import opening, transitions
from usher.removal.cases.lookup import cause_for, find_person
from usher.removal.cases.opening import CannotOpen
from usher.removal.cases.records import case_record, with_parts_of_record
from usher.removal.evidence.report import evidence_json
from usher.removal.execution.dry_run import dry_run
from usher.removal.execution.preview import RemovalPreview
from usher.removal.execution.preview import preview as read_preview
from usher.removal.execution.task_lookups import note_lookup
from usher.removal.jobs import run_if_due
from usher.removal.models import Case
from usher.removal.pages.cases.filters import CasesFilter, Queue
from usher.removal.states import CaseState
from usher.rest.choices import one_of
from usher.rest.parameters import of_filters
from usher.roster.models import Person
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Leavers and cases"], auth=PersonalToken())
FILTERS = [each for each in of_filters(CasesFilter) if each["name"] != "queue"]
"""Of the page; its tabs are `state` here."""


class CasesOut(Schema):
    cases: list[CaseOut]
    total: int


class CaseIn(Schema):
    """`person` and `hand_over_to`: e-mail address or gid. `workspaces`: gids; empty for all. `draft`: opens it, and
    requests no approval yet.
    """

    connection: Text
    person: Text
    kind: Annotated[Case.Kind, one_of(Case.Kind.values)] = Case.Kind.REMOVE
    reason: Text = ""
    hand_over_to: Text | None = None
    workspaces: Annotated[list[Text], Field(max_length=1000)] = []
    draft: bool = False

    @property
    def needs(self) -> Action:
        """Inviting somebody again takes a higher role than opening other cases, as on the pages."""
        return Action.RESTORE if self.kind == Case.Kind.RESTORE else Action.OPEN_CASES


class DraftChangeIn(Schema):
    """Only what is to change. `hand_over_to`: e-mail address or gid; null for nobody. `version`: of the case as it was
    read. If it has changed since, the change is refused.
    """

    reason: Text | None = None
    hand_over_to: Text | None = None
    version: Version | None = None


@router.get("/cases", response=CasesOut, openapi_extra={"parameters": FILTERS})
def list_cases(
    request: HttpRequest,
    state: Annotated[list[CaseState], Query()] = [],  # noqa: B006  # as django-ninja reads lists
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> dict[str, object]:
    """Newest first, by the filters of the page of cases."""
    require(signed_in(request), Action.READ)
    asked = request.GET.copy()
    asked["queue"] = Queue.ALL.value
    cases = Case.objects.filter(state__in=state) if state else Case.objects.all()
    filtered = CasesFilter(asked, queryset=cases, request=request)
    if not filtered.is_valid():
        raise UnreadableRequest(
            {name: " ".join(map(str, errors)) for name, errors in filtered.form.errors.items()}
        )
    page = with_parts_of_record(filtered.qs)[offset : offset + limit]
    return {"cases": [case_record(one) for one in page], "total": filtered.qs.count()}


@router.post("/cases", response={201: CaseOut, **PROBLEMS})
def request_case(request: HttpRequest, body: CaseIn) -> Status[dict[str, object]]:
    """Opens a case and requests its approval, or keeps it as a draft."""
    require(signed_in(request), body.needs)
    actor = actor_of(request)
    case = opening.open_case(*_case_request(body), actor)
    if not body.draft:
        case = transitions.request_approval(case, actor)
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
    return case_record(case_of(number))


@router.patch("/cases/{number}", response={200: CaseOut, **PROBLEMS})
def change_draft(request: HttpRequest, number: int, body: DraftChangeIn) -> dict[str, object]:
    """Changes a draft. Whoever changes it cannot approve it."""
    require(signed_in(request), Action.OPEN_CASES)
    case, given = case_of(number), body.dict(exclude_unset=True)
    receiver = _receiver(case, body.hand_over_to) if "hand_over_to" in given else opening.receiver_of(case)
    reason = case.reason if body.reason is None else body.reason
    changed = opening.change_draft(
        case, actor_of(request), reason=reason, hand_over_to=receiver, read=body.version
    )
    return case_record(changed)


@router.post("/cases/{number}/preview", response={200: PreviewOut, 502: None, **PROBLEMS})
def preview_of_case(request: HttpRequest, number: int) -> RemovalPreview:
    """What this case would do, read from Asana now, and kept for its evidence until it is decided. Changes nothing."""
    require(signed_in(request), Action.OPEN_CASES)
    case = case_of(number)
    if case.connection is None or not case.connection.is_connected:
        raise CannotOpen(
            "The connection was disconnected, so nothing can be read from Asana.", "Connect it again.", case
        )
    note_lookup(request, f"case {case.pk}: {case.person_name} in {case.connection_name}")
    return async_to_sync(read_preview)(case)


@router.get("/cases/{number}/evidence", response={404: None})
def evidence(request: HttpRequest, number: int) -> HttpResponse:
    """Facts, approvals, steps, every request and its response, and the ledger entries."""
    require(signed_in(request), Action.READ)
    return HttpResponse(evidence_json(case_of(number)), content_type="application/json")


def _case_request(body: CaseIn) -> tuple[Person, opening.CaseRequest]:
    connection = connection_of(body.connection)
    person = find_person(connection, body.person)
    return person, opening.CaseRequest(
        kind=body.kind,
        cause=cause_for(person),
        reason=body.reason,
        hand_over_to=find_person(connection, body.hand_over_to) if body.hand_over_to else None,
        workspaces=body.workspaces,
    )


def _receiver(case: Case, text: str | None) -> Person | None:
    if not text:
        return None
    if case.connection is None:
        raise CannotOpen("The connection of this case is gone, and it has ended.", "Open another one.", case)
    return find_person(case.connection, text)
