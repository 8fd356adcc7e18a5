"""Opening cases: for whom one can be opened, and what it starts with."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q

from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.removal.cases.plan import plan_steps
from usher.removal.cases.snapshot import snapshot_of
from usher.removal.guardrails.facts import permanent_blockers_of
from usher.removal.models import Case, Target
from usher.removal.states import OPEN, CaseState, WrongState
from usher.roster.models import Licence, Membership, Person, Status
from usher.roster.query import memberships


class CannotOpen(Refused):
    """No case can be opened for this person, or the case cannot go on. `case`: the one in the way, if any."""

    def __init__(self, message: str, remedy: str, case: Case | None = None) -> None:
        super().__init__(message, remedy)
        self.case = case


@dataclass(frozen=True)
class CaseRequest:
    """What is asked for. `workspaces`: their gids; empty means all in which the person is active."""

    kind: Case.Kind = Case.Kind.REMOVE
    cause: Case.Cause = Case.Cause.BY_HAND
    reason: str = ""
    hand_over_to: Person | None = None
    workspaces: Sequence[str] = ()


@dataclass(frozen=True)
class Draft:
    """A case and its workspaces, not stored."""

    case: Case
    targets: list[Target]


def draft_case(person: Person, wish: CaseRequest, actor: Actor) -> Draft:
    """What `open_case` would store. Raises CannotOpen: read-only, protected, nothing to do."""
    found = _memberships_meant(person, wish)
    if not found:
        raise CannotOpen(*_nothing_to_do(person, wish))
    _check_receiver(person, wish.hand_over_to)
    known = snapshot_of(person)
    case = Case(
        kind=wish.kind,
        cause=wish.cause,
        reason=wish.reason,
        connection=person.connection,
        connection_name=person.connection.name,
        person=person,
        person_gid=person.gid,
        person_name=person.name,
        person_email=person.email,
        last_day=known.last_day if wish.cause == Case.Cause.DIRECTORY else None,
        facts=known.as_json(),
        opened_by=actor.name,
        opened_by_id=actor.user_id,
        opened_via=actor.via,
        **_receiver(wish.hand_over_to),
    )
    check_permanent_blockers(case)
    return Draft(case, [_target(case, membership) for membership in found])


def open_case(person: Person, wish: CaseRequest, actor: Actor) -> Case:
    """A draft. Raises CannotOpen, also where a case is open already."""
    existing = Case.objects.filter(person=person, state__in=sorted(OPEN)).first()
    if existing is not None:
        raise CannotOpen(
            f"{person} has an open case already: number {existing.pk}.",
            "Finish or cancel that one.",
            existing,
        )
    draft = draft_case(person, wish, actor)
    case = draft.case
    try:
        with transaction.atomic():
            case.save()
            Target.objects.bulk_create(draft.targets)
            plan_steps(case)
            record(actor, "case.opened", str(case), reason=wish.reason, after=summary(case))
    except IntegrityError as error:
        raise CannotOpen(f"{person} has an open case already.", "Somebody opened it just now.") from error
    return case


def change_draft(case: Case, actor: Actor, *, reason: str, hand_over_to: Person | None) -> Case:
    """Raises WrongState once it was handed in, CannotOpen for a receiver who cannot take over."""
    with transaction.atomic():
        case = locked(case)
        if case.state != CaseState.DRAFT:
            raise WrongState(CaseState(case.state), CaseState.DRAFT)
        if case.person:
            _check_receiver(case.person, hand_over_to)
        before = summary(case)
        case.reason = reason
        for name, value in _receiver(hand_over_to).items():
            setattr(case, name, value)
        case.save()
        case.steps.all().delete()
        plan_steps(case)
        record(actor, "case.changed", str(case), reason=reason, before=before, after=summary(case))
    return case


def locked(case: Case) -> Case:
    """As it is now, and nobody else changes it until the transaction ends."""
    return Case.objects.select_for_update(of=("self",)).select_related("connection", "person").get(pk=case.pk)


def check_permanent_blockers(case: Case) -> None:
    refused = permanent_blockers_of(case)
    if refused:
        raise CannotOpen(refused[0].reason, refused[0].remedy, case)


def _memberships_meant(person: Person, wish: CaseRequest) -> list[Membership]:
    mine = memberships(person.connection).filter(person=person)
    is_active = Q(status=Status.ACTIVE)
    found = mine.filter(~is_active if wish.kind == Case.Kind.RESTORE else is_active)
    if wish.kind == Case.Kind.DOWNGRADE:
        found = found.filter(licence=Licence.MEMBER)
    if wish.workspaces:
        found = found.filter(workspace__gid__in=wish.workspaces)
    return list(found.order_by("workspace__name"))


def _nothing_to_do(person: Person, wish: CaseRequest) -> tuple[str, str]:
    if wish.kind == Case.Kind.RESTORE:
        return f"{person} is still, or again, in every workspace.", "There is nobody to invite."
    if wish.kind == Case.Kind.DOWNGRADE:
        return f"{person} has no Member licence to give up.", "Guests and view-only members take no seat."
    return (
        f"{person} has no active membership{' in that workspace' if wish.workspaces else ''}.",
        "There is nothing to remove. If Asana shows otherwise, sync the connection first.",
    )


def _check_receiver(person: Person, receiver: Person | None) -> None:
    if receiver is None:
        return
    if receiver.pk == person.pk:
        raise CannotOpen("Nobody can hand work over to themselves.", "Choose another person.")
    if receiver.connection_id != person.connection_id:
        raise CannotOpen(
            f"{receiver} is in another Asana account.", "Choose somebody of the same connection."
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
