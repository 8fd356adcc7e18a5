"""What becomes of a case: its approval is requested, given or refused, it is cancelled, run again, or undone."""

from django.http import HttpRequest
from ninja import Router, Schema, Status

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.removal.api.answers import PROBLEMS, CaseOut, NoteIn, Version, case_of
from usher.removal.cases import transitions
from usher.removal.cases.records import case_record
from usher.removal.cases.undo import undo
from usher.removal.jobs import run_if_due, run_soon

router = Router(tags=["Leavers and cases"], auth=PersonalToken())


class RequestIn(Schema):
    """`version`: of the draft as it was read. If it has changed since, the request is refused."""

    version: Version | None = None


class ApprovalIn(NoteIn):
    """`version`: of the case as it was read. If it has changed since, the approval is refused."""

    version: Version | None = None


@router.post("/cases/{number}/request-approval", response={200: CaseOut, **PROBLEMS})
def request_approval(request: HttpRequest, number: int, body: RequestIn) -> dict[str, object]:
    """Requests the approval of a draft. Where none is needed, the case is scheduled at once."""
    require(signed_in(request), Action.OPEN_CASES)
    case = transitions.request_approval(case_of(number), actor_of(request), read=body.version)
    run_if_due(case)
    return case_record(case)


@router.post("/cases/{number}/approve", response={200: CaseOut, **PROBLEMS})
def approve(request: HttpRequest, number: int, body: ApprovalIn) -> dict[str, object]:
    """Somebody other than the requester must approve a case."""
    require(signed_in(request), Action.APPROVE)
    case = transitions.approve(case_of(number), actor_of(request), note=body.note, read=body.version)
    run_if_due(case)
    return case_record(case)


@router.post("/cases/{number}/refuse", response={200: CaseOut, **PROBLEMS})
def refuse(request: HttpRequest, number: int, body: NoteIn) -> dict[str, object]:
    """Rejects a case, which ends it."""
    require(signed_in(request), Action.APPROVE)
    return case_record(transitions.reject(case_of(number), actor_of(request), note=body.note))


@router.post("/cases/{number}/cancel", response={200: CaseOut, **PROBLEMS})
def cancel(request: HttpRequest, number: int, body: NoteIn) -> dict[str, object]:
    """Ends a case that has not started or has failed; discards a draft."""
    require(signed_in(request), Action.OPEN_CASES)
    return case_record(transitions.cancel(case_of(number), actor_of(request), reason=body.note))


@router.post("/cases/{number}/try-again", response={200: CaseOut, **PROBLEMS})
def try_again(request: HttpRequest, number: int) -> dict[str, object]:
    """A failed case continues with the step that failed. Nothing is done twice."""
    require(signed_in(request), Action.OPEN_CASES)
    case = transitions.try_again(case_of(number), actor_of(request))
    if case.connection_id:
        run_soon(case.connection_id)
    return case_record(case)


@router.post("/cases/{number}/undo", response={201: CaseOut, **PROBLEMS})
def undo_case(request: HttpRequest, number: int, body: NoteIn) -> Status[dict[str, object]]:
    """Opens a case that invites the person again where they were removed, and requests its approval."""
    require(signed_in(request), Action.RESTORE)
    restoring = undo(case_of(number), actor_of(request), reason=body.note)
    run_if_due(restoring)
    return Status(201, case_record(restoring))
