"""Opening cases for several people, and approving several cases. One that fails does not stop the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import models, transaction

from usher.ledger.actors import Actor
from usher.refusals import Refused
from usher.removal.cases import opening, transitions
from usher.removal.cases.in_advance import AskingRule
from usher.removal.cases.opening import CannotOpen, CaseRequest
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Case
from usher.roster.models import Person


class HandOver(models.TextChoices):
    """Who takes over open tasks and owned projects."""

    NOBODY = "nobody", "Nobody"
    MANAGER = "manager", "Their manager"
    PERSON = "person", "A specific person"


@dataclass(frozen=True)
class BulkRequest:
    """What the cases should do. `receivers`: by connection, for HandOver.PERSON. `otherwise`: the cause for people
    who are not leavers. `workspaces` and `behind`: as in CaseRequest. `rule`: as in `request_approval`.
    """

    kind: Case.Kind
    otherwise: Case.Cause
    reason: str
    hand_over: HandOver = HandOver.NOBODY
    receivers: Mapping[int, Person] = field(default_factory=dict)
    request_approval: bool = True
    workspaces: Sequence[str] = ()
    behind: Sequence[Mapping[str, str | int | None]] = ()
    rule: AskingRule | None = None

    def of(self, candidate: Candidate) -> CaseRequest:
        return CaseRequest(
            kind=self.kind,
            cause=candidate.cause(self.otherwise),
            reason=self.reason or candidate.says,
            hand_over_to=self.receiver_for(candidate),
            workspaces=self.workspaces,
            behind=self.behind,
        )

    def receiver_for(self, candidate: Candidate) -> Person | None:
        if self.kind != Case.Kind.REMOVE or self.hand_over == HandOver.NOBODY:
            return None
        if self.hand_over == HandOver.MANAGER:
            return candidate.manager.receiver if candidate.manager else None
        receiver = self.receivers.get(candidate.person.connection_id)
        return None if receiver == candidate.person else receiver


@dataclass(frozen=True)
class BulkResult:
    """For one person or case. `case` is None if none was opened; `problem` is empty if it succeeded."""

    who: str
    case: Case | None
    problem: str = ""
    remedy: str = ""


def open_cases(people: Iterable[Candidate], wanted: BulkRequest, actor: Actor) -> list[BulkResult]:
    """Opens a case for each person who can have one, and requests its approval unless drafts are wanted."""
    return [_open(candidate, wanted, actor) for candidate in people if candidate.can_be_opened]


def _open(candidate: Candidate, wanted: BulkRequest, actor: Actor) -> BulkResult:
    who = str(candidate.person)
    try:
        with transaction.atomic():
            case = opening.open_case(candidate.person, wanted.of(candidate), actor)
            if wanted.request_approval:
                case = transitions.request_approval(case, actor, is_just_opened=True, rule=wanted.rule)
    except CannotOpen as refusal:
        return BulkResult(who, refusal.case, refusal.message, refusal.remedy)
    return BulkResult(who, case)


def approve_cases(
    cases: Iterable[Case], actor: Actor, note: str = "", read: Mapping[int, str] | None = None
) -> list[BulkResult]:
    """`read`: the versions that were read, by the key of the case. Another one is refused."""
    return [_approve(case, actor, note, None if read is None else read.get(case.pk, "")) for case in cases]


def _approve(case: Case, actor: Actor, note: str, read: str | None) -> BulkResult:
    who = case.person_name or case.person_email or case.person_gid
    try:
        return BulkResult(who, transitions.approve(case, actor, note=note, read=read))
    except Refused as refusal:
        return BulkResult(who, case, refusal.message, refusal.remedy)
