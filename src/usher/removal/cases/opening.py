"""Opening cases: for whom one can be opened, and what it contains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q

from usher.directory.remarks.refresh import refresh_remarks
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.removal.cases.plan import plan_steps
from usher.removal.cases.snapshot import snapshot_of
from usher.removal.cases.versions import check_read
from usher.removal.guardrails.facts import (
    identity_of,
    people_behind,
    permanent_blockers_of,
    requesters,
)
from usher.removal.models import Case, Target
from usher.removal.states import OPEN, CaseState, WrongState
from usher.roster.models import Licence, Membership, Person, Status
from usher.roster.query import memberships


class CannotOpen(Refused):
    """No case can be opened, or the case cannot continue. `case`: the case that is in the way, if any."""

    def __init__(self, message: str, remedy: str, case: Case | None = None) -> None:
        super().__init__(message, remedy)
        self.case = case


@dataclass(frozen=True)
class CaseRequest:
    """What the case should do. `workspaces`: their gids; empty means all in which the person is active.

    `behind`: for cases of a rule, the people who made it act. They cannot approve what they had it ask for.
    """

    kind: Case.Kind = Case.Kind.REMOVE
    cause: Case.Cause = Case.Cause.BY_HAND
    reason: str = ""
    hand_over_to: Person | None = None
    workspaces: Sequence[str] = ()
    behind: Sequence[Mapping[str, str | int | None]] = ()


@dataclass(frozen=True)
class Draft:
    """A case and its workspaces, not stored yet."""

    case: Case
    targets: list[Target]


def draft_case(person: Person, request: CaseRequest, actor: Actor) -> Draft:
    """What `open_case` would store. Raises CannotOpen if the connection is read-only, the person is protected, or
    there is nothing to do.
    """
    affected = _requested_memberships(person, request)
    if not affected:
        raise CannotOpen(*_nothing_to_do(person, request))
    _check_receiver(person, request.hand_over_to)
    snapshot = snapshot_of(person)
    case = Case(
        kind=request.kind,
        cause=request.cause,
        reason=request.reason,
        connection=person.connection,
        connection_name=person.connection.name,
        person=person,
        person_gid=person.gid,
        person_name=person.name,
        person_email=person.email,
        last_day=snapshot.last_day if request.cause == Case.Cause.DIRECTORY else None,
        facts=snapshot.as_json(),
        opened_by=actor.name,
        opened_by_id=actor.user_id,
        opened_via=actor.via,
        changed_by=[*(dict(each) for each in request.behind), *people_behind(actor)],
        **_receiver(request.hand_over_to),
    )
    check_permanent_blockers(case)
    return Draft(case, [_target(case, membership) for membership in affected])


def open_case(person: Person, request: CaseRequest, actor: Actor) -> Case:
    """Stores a draft. Raises CannotOpen as `draft_case` does, and if the person has an open case."""
    existing = Case.objects.filter(person=person, state__in=sorted(OPEN)).first()
    if existing is not None:
        raise CannotOpen(
            f"{person} already has an open case: number {existing.pk}.",
            "Finish or cancel it first.",
            existing,
        )
    refresh_remarks([person.pk])
    draft = draft_case(person, request, actor)
    case = draft.case
    try:
        with transaction.atomic():
            case.save()
            Target.objects.bulk_create(draft.targets)
            plan_steps(case)
            record(
                actor,
                "case.opened",
                str(case),
                reason=request.reason,
                after=summary(case),
                connection=case.connection_id,
            )
    except IntegrityError as error:
        raise CannotOpen(f"{person} already has an open case.", "Somebody opened it just now.") from error
    return case


def change_draft(
    case: Case, actor: Actor, *, reason: str, hand_over_to: Person | None, read: str | None = None
) -> Case:
    """Whoever changes a draft cannot approve it. `read`: the version that the change is based on.

    Raises WrongState after approval was requested, CannotOpen if the receiver cannot take over the work, ReadAnother.
    """
    with transaction.atomic():
        case = locked(case)
        if case.state != CaseState.DRAFT:
            raise WrongState(CaseState(case.state), CaseState.DRAFT)
        if read is not None:
            check_read(case, read)
        if hand_over_to is not None and case.kind == Case.Kind.RESTORE:
            raise CannotOpen("An invitation hands nothing over.", "Leave out who takes over.", case)
        if case.person:
            _check_receiver(case.person, hand_over_to)
        before = summary(case)
        case.reason = reason
        for name, value in _receiver(hand_over_to).items():
            setattr(case, name, value)
        if identity_of(actor) not in requesters(case):
            changer: dict[str, str | int | None] = {"name": actor.name, "id": actor.user_id}
            case.changed_by = [*case.changed_by, changer, *people_behind(actor)]
        case.save()
        case.steps.all().delete()
        plan_steps(case)
        record(
            actor,
            "case.changed",
            str(case),
            reason=reason,
            before=before,
            after=summary(case),
            connection=case.connection_id,
        )
    return case


def receiver_of(case: Case) -> Person | None:
    """Who takes over the work, as the case says now. Raises CannotOpen if Usher no longer stores them."""
    if not case.hand_over_gid:
        return None
    receiver = Person.objects.filter(connection=case.connection, gid=case.hand_over_gid).first()
    if receiver is None:
        who = case.hand_over_email or case.hand_over_name
        raise CannotOpen(f"{who}, who is to take over, is not in Asana.", "Choose somebody else.", case)
    return receiver


def locked(case: Case) -> Case:
    """The case as it is now, locked until the transaction ends."""
    return Case.objects.select_for_update(of=("self",)).select_related("connection", "person").get(pk=case.pk)


def check_permanent_blockers(case: Case) -> None:
    """Raises CannotOpen for a case that may never run as things stand."""
    blockers = permanent_blockers_of(case)
    if blockers:
        raise CannotOpen(blockers[0].reason, blockers[0].remedy, case)


def _requested_memberships(person: Person, request: CaseRequest) -> list[Membership]:
    candidates = memberships(person.connection).filter(person=person)
    is_active = Q(status=Status.ACTIVE)
    affected = candidates.filter(~is_active if request.kind == Case.Kind.RESTORE else is_active)
    if request.kind == Case.Kind.DOWNGRADE:
        affected = affected.filter(licence=Licence.MEMBER)
    if request.workspaces:
        affected = affected.filter(workspace__gid__in=request.workspaces)
    return list(affected.order_by("workspace__name"))


def _nothing_to_do(person: Person, request: CaseRequest) -> tuple[str, str]:
    if request.kind == Case.Kind.RESTORE:
        return f"{person} is active in every workspace.", "There is nobody to invite."
    if request.kind == Case.Kind.DOWNGRADE:
        return (
            f"{person} has no Member licence to give up.",
            "Guests and view-only members do not take up a seat.",
        )
    return (
        f"{person} has no active membership{' in that workspace' if request.workspaces else ''}.",
        "There is nothing to remove. If Asana shows one, sync the connection first.",
    )


def _check_receiver(person: Person, receiver: Person | None) -> None:
    if receiver is None:
        return
    if receiver.pk == person.pk:
        raise CannotOpen("Nobody can hand work over to themselves.", "Choose another person.")
    if receiver.connection_id != person.connection_id:
        raise CannotOpen(
            f"{receiver} is in another Asana account.", "Choose somebody in the same connection."
        )
    if not receiver.memberships.filter(status=Status.ACTIVE).exists():
        raise CannotOpen(f"{receiver} is not active in Asana.", "Choose somebody who is.")


def _receiver(person: Person | None) -> dict[str, str]:
    return {
        "hand_over_gid": person.gid if person else "",
        "hand_over_name": person.name if person else "",
        "hand_over_email": person.email if person else "",
    }


def _target(case: Case, membership: Membership) -> Target:
    return Target(
        case=case,
        workspace=membership.workspace,
        workspace_gid=membership.workspace.gid,
        workspace_name=membership.workspace.name,
        membership_gid=membership.gid,
        role=membership.role,
        licence=membership.licence,
    )


def summary(case: Case) -> dict[str, str | list[str] | None]:
    return {
        "kind": str(case.kind),
        "connection": case.connection_name,
        "person_gid": case.person_gid,
        "workspaces": [f"{one.workspace_name} ({one.workspace_gid})" for one in case.targets.all()],
        "hand_over_to": case.hand_over_email or case.hand_over_name or None,
        "last_day": case.last_day.isoformat() if case.last_day else None,
    }
