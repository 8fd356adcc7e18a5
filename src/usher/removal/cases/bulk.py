"""Opening a case for each of several people, and approving several cases. Each stands for itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import models, transaction

from usher.ledger.actors import Actor
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CannotOpen, CaseRequest
from usher.removal.cases.transitions import CannotApprove
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Case
from usher.removal.states import WrongState
from usher.roster.models import Person


class HandOver(models.TextChoices):
    """Who gets the open tasks and owned projects."""

    NOBODY = "nobody", "Nobody"
    MANAGER = "manager", "Their manager"
    PERSON = "person", "A person whom I name"


@dataclass(frozen=True)
class BulkRequest:
    """`receivers`: by connection, for HandOver.PERSON. `otherwise`: the cause for those who are no leavers."""

    kind: Case.Kind
    otherwise: Case.Cause
    reason: str
    hand_over: HandOver = HandOver.NOBODY
    receivers: Mapping[int, Person] = field(default_factory=dict)
    ask: bool = True

    def of(self, candidate: Candidate) -> CaseRequest:
        return CaseRequest(
            kind=self.kind,
            cause=candidate.cause(self.otherwise),
            reason=self.reason or candidate.says,
            hand_over_to=self.receiver_for(candidate),
        )

    def receiver_for(self, candidate: Candidate) -> Person | None:
        if self.kind != Case.Kind.REMOVE or self.hand_over == HandOver.NOBODY:
            return None
        if self.hand_over == HandOver.MANAGER:
            return candidate.manager
        receiver = self.receivers.get(candidate.person.connection_id)
        return None if receiver == candidate.person else receiver


@dataclass(frozen=True)
class BulkResult:
    """Of one person or case. `case` is None where none was opened; `problem` is empty where all went well."""

    who: str
    case: Case | None
    problem: str = ""
    remedy: str = ""


def open_cases(people: Iterable[Candidate], wanted: BulkRequest, actor: Actor) -> list[BulkResult]:
    """A case for each who can have one, handed in for approval where that is wanted."""
    return [_open(candidate, wanted, actor) for candidate in people if candidate.can_be_opened]


def _open(candidate: Candidate, wanted: BulkRequest, actor: Actor) -> BulkResult:
    who = str(candidate.person)
    try:
        with transaction.atomic():
            case = opening.open_case(candidate.person, wanted.of(candidate), actor)
            if wanted.ask:
                case = transitions.request_approval(case, actor)
    except CannotOpen as refusal:
        return BulkResult(who, refusal.case, refusal.message, refusal.remedy)
    return BulkResult(who, case)


def approve_cases(found: Iterable[Case], actor: Actor, note: str = "") -> list[BulkResult]:
    return [_approve(case, actor, note) for case in found]


def _approve(case: Case, actor: Actor, note: str) -> BulkResult:
    who = case.person_name or case.person_email or case.person_gid
    try:
        return BulkResult(who, transitions.approve(case, actor, note=note))
    except (CannotApprove, CannotOpen) as refusal:
        return BulkResult(who, case, refusal.message, refusal.remedy)
    except WrongState as wrong:
        return BulkResult(who, case, str(wrong), "Somebody was quicker; look at the case.")
