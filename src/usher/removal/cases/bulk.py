"""Opening cases for several people, and approving several cases. One that fails does not stop the others.

What is asked for several people is checked as a whole, before a case is opened for any of them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import models, transaction
from django.db.models import Q, QuerySet

from usher.ledger.actors import Actor
from usher.refusals import Refused
from usher.removal.cases import opening, transitions
from usher.removal.cases.in_advance import AskingRule
from usher.removal.cases.opening import CannotOpen, CaseRequest
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Case
from usher.roster.models import Person, Status

CONFIRMED_ABOVE = 10
"""For more people than this, whoever asks says how many there are."""
BULK_KINDS = (Case.Kind.REMOVE, Case.Kind.DOWNGRADE)


class WrongBulkWish(Refused):
    """`field`: what has to be corrected."""

    def __init__(self, field: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.field = field


class HandOver(models.TextChoices):
    """Who takes over open tasks and owned projects."""

    NOBODY = "nobody", "Nobody"
    MANAGER = "manager", "Their manager"
    PERSON = "person", "A specific person"


@dataclass(frozen=True)
class BulkWish:
    """`receiver`: e-mail address or gid, for HandOver.PERSON. `count`: of the people, by which they are confirmed.
    `request_approval`: at once, rather than keep drafts.
    """

    kind: Case.Kind
    reason: str
    hand_over: HandOver = HandOver.NOBODY
    receiver: str = ""
    count: int | None = None
    request_approval: bool = True


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


def checked_request(people: Sequence[Candidate], wish: BulkWish, otherwise: Case.Cause) -> BulkRequest:
    """For people for whom a case can be opened. `otherwise`: as in BulkRequest. Raises WrongBulkWish."""
    check_confirmed(len(people), wish.count)
    if wish.kind not in BULK_KINDS:
        raise WrongBulkWish(
            "kind", "People are invited again one by one.", "Undo the case that removed them."
        )
    if wish.kind == Case.Kind.DOWNGRADE and not can_downgrade(people):
        raise WrongBulkWish(
            "kind",
            "Not all of them can be downgraded.",
            "It takes a Member licence, and a connection with a service-account token.",
        )
    if not wish.reason.strip() and needs_reason(people):
        raise WrongBulkWish("reason", "Not all of them are leavers, so a reason is needed.", "Say why.")
    if wish.hand_over == HandOver.MANAGER and people and not managers_among(people):
        raise WrongBulkWish(
            "hand_over", "None of them has a manager in the same Asana account.", "Choose somebody."
        )
    return BulkRequest(
        kind=wish.kind,
        otherwise=otherwise,
        reason=wish.reason.strip(),
        hand_over=wish.hand_over,
        receivers=_receivers(people, wish.receiver.strip()) if wish.hand_over == HandOver.PERSON else {},
        request_approval=wish.request_approval,
    )


def must_confirm(count: int) -> bool:
    return count > CONFIRMED_ABOVE


def check_confirmed(count: int, given: int | None) -> None:
    """Before many people lose access, their number has to be given. Raises WrongBulkWish."""
    if must_confirm(count) and given != count:
        raise WrongBulkWish("count", f"There are {count:,} people.", f"Check the list, then give {count:,}.")


def needs_reason(people: Sequence[Candidate]) -> bool:
    """The directory says why leavers go, and nothing says it of others."""
    return any(not one.is_leaver for one in people)


def can_downgrade(people: Sequence[Candidate]) -> bool:
    return all(one.person.connection.has_service_token and one.has_licence_to_give_up for one in people)


def managers_among(people: Sequence[Candidate]) -> int:
    """How many of the people have a manager who can take over."""
    return sum(one.manager is not None and one.manager.receiver is not None for one in people)


def active_in(connections: Collection[int]) -> QuerySet[Person]:
    """Who can take over somebody's work there."""
    active = Person.objects.filter(connection__in=connections, memberships__status=Status.ACTIVE)
    return active.exclude(email="").distinct().order_by("name", "pk")


def _receivers(people: Sequence[Candidate], text: str) -> dict[int, Person]:
    """By connection, who takes over. Raises WrongBulkWish."""
    if not text:
        raise WrongBulkWish("receiver", "Enter who takes over.")
    found: dict[int, Person] = {}
    for pk, connection in {one.person.connection_id: one.person.connection for one in people}.items():
        # More than one if Asana has the address twice.
        same = list(active_in([pk]).filter(Q(email__iexact=text) | Q(gid=text))[:2])
        if len(same) != 1:
            who = "Several people" if same else "Nobody active"
            have = "have" if same else "has"
            raise WrongBulkWish("receiver", f"{who} in “{connection}” {have} the e-mail address {text}.")
        found[pk] = same[0]
    if found and {one.person for one in people} <= set(found.values()):
        raise WrongBulkWish("receiver", "Nobody can hand work over to themselves.")
    return found


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
