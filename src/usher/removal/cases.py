"""Opening, approving and ending cases. Every change of state goes through here, and into the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from usher.ledger.actors import SYSTEM, Actor
from usher.ledger.record import record
from usher.removal.facts import (
    askers,
    facts_of,
    identity_of,
    limits_of,
    refusals_now,
    standing_refusals_of,
)
from usher.removal.guardrails import Refusal, earliest_start
from usher.removal.known import facts_known
from usher.removal.models import Approval, Case, Guardrails, Target
from usher.removal.plan import plan_steps
from usher.removal.states import State, WrongState, check
from usher.roster.models import Licence, Membership, Person, Status
from usher.roster.query import memberships


class CannotOpen(Exception):
    """No case can be opened for this person. `remedy` says what would have to change."""

    def __init__(self, message: str, remedy: str, case: Case | None = None) -> None:
        super().__init__(message)
        self.message, self.remedy, self.case = message, remedy, case


class CannotApprove(Exception):
    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


@dataclass(frozen=True)
class Wish:
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


def draft_case(person: Person, wish: Wish, actor: Actor) -> Draft:
    """What `open_case` would store. Raises CannotOpen: read-only, protected, nothing to do."""
    found = _memberships_meant(person, wish)
    if not found:
        raise CannotOpen(*_nothing_to_do(person, wish))
    _check_receiver(person, wish.hand_over_to)
    known = facts_known(person)
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
    _refuse_standing(case)
    return Draft(case, [_target(case, membership) for membership in found])


def open_case(person: Person, wish: Wish, actor: Actor) -> Case:
    """A draft. Raises CannotOpen, also where a case is open already."""
    existing = Case.objects.filter(person=person, state__in=_open_states()).first()
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
            record(actor, "case.opened", str(case), reason=wish.reason, after=_summary(case))
    except IntegrityError as error:
        raise CannotOpen(f"{person} has an open case already.", "Somebody opened it just now.") from error
    return case


def change_draft(case: Case, actor: Actor, *, reason: str, hand_over_to: Person | None) -> Case:
    """Raises WrongState once it was handed in, CannotOpen for a receiver who cannot take over."""
    with transaction.atomic():
        case = _locked(case)
        if case.state != State.DRAFT:
            raise WrongState(State(case.state), State.DRAFT)
        if case.person:
            _check_receiver(case.person, hand_over_to)
        before = _summary(case)
        case.reason = reason
        for name, value in _receiver(hand_over_to).items():
            setattr(case, name, value)
        case.save()
        case.steps.all().delete()
        plan_steps(case)
        record(actor, "case.changed", str(case), reason=reason, before=before, after=_summary(case))
    return case


def ask(case: Case, actor: Actor) -> Case:
    """Hands a draft in: it waits for approval or, where none is needed, is scheduled at once."""
    with transaction.atomic():
        case = _locked(case)
        _refuse_standing(case)
        needs_approval = Guardrails.get().needs_approval
        case = _move(
            case,
            State.WAITING if needs_approval else State.APPROVED,
            actor,
            "case.asked",
            reason=case.reason,
            asked_by=actor.name,
            asked_by_id=actor.user_id,
            asked_at=timezone.now(),
        )
        return case if needs_approval else _schedule(case, SYSTEM, timezone.now())


def approve(case: Case, actor: Actor, *, is_admin: bool, note: str = "") -> Case:
    """One person's approval. The first schedules the case; an admin's second lifts the limits.

    Raises CannotApprove for who asked for it or approved it before, WrongState.
    """
    with transaction.atomic():
        case = _locked(case)
        state = State(case.state)
        if state not in (State.WAITING, State.SCHEDULED):
            raise WrongState(state, State.APPROVED)
        _refuse_standing(case)
        if identity_of(actor) in askers(case):
            raise CannotApprove(
                "Who asked for a removal cannot approve it.",
                "Another person with the role approver or admin must approve it.",
            )
        facts = facts_of(case)
        if identity_of(actor) in {approver.who for approver in facts.approvers}:
            raise CannotApprove(
                "You have approved this case already.", "A second approval is another person's."
            )
        Approval.objects.create(
            case=case, by=actor.name, by_id=actor.user_id, is_admin=is_admin, via=actor.via, note=note
        )
        if state == State.SCHEDULED:
            record(actor, "case.approved_again", str(case), reason=note, after=_summary(case))
            return case
        case = _move(case, State.APPROVED, actor, "case.approved", reason=note)
        return _schedule(case, SYSTEM, timezone.now())


def refuse(case: Case, actor: Actor, *, is_admin: bool, note: str = "") -> Case:
    """Says no: the case ends."""
    with transaction.atomic():
        case = _locked(case)
        Approval.objects.create(
            case=case,
            word=Approval.Word.REFUSED,
            by=actor.name,
            by_id=actor.user_id,
            is_admin=is_admin,
            via=actor.via,
            note=note,
        )
        outcome = f"Refused by {actor.name}{f': {note}' if note else '.'}"
        return _end(case, State.CANCELLED, actor, "case.refused", outcome, reason=note)


def cancel(case: Case, actor: Actor, *, reason: str = "") -> Case:
    """Ends a case that has not begun to run, or failed. Raises WrongState."""
    with transaction.atomic():
        outcome = f"Cancelled by {actor.name}{f': {reason}' if reason else '.'}"
        return _end(_locked(case), State.CANCELLED, actor, "case.cancelled", outcome, reason=reason)


def try_again(case: Case, actor: Actor) -> Case:
    """A failed case goes on where it stood; what it has done is not done again. Raises WrongState."""
    with transaction.atomic():
        case = _locked(case)
        if case.state != State.FAILED:
            raise WrongState(State(case.state), State.SCHEDULED)
        return _move(case, State.SCHEDULED, actor, "case.tried_again", error="", remedy="", finished_at=None)


def supersede(case: Case, why: str, actor: Actor = SYSTEM) -> Case:
    """There is nothing to do any more: the person is gone already, or is back at work."""
    with transaction.atomic():
        return _end(_locked(case), State.SUPERSEDED, actor, "case.superseded", why, reason=why)


def begin(case: Case, now: datetime) -> tuple[Case, list[Refusal]]:
    """Scheduled → running, unless a guardrail refuses.

    Under the lock of the guardrails, so that cases that begin at the same time count each other.
    """
    with transaction.atomic():
        Guardrails.get()
        Guardrails.objects.select_for_update().get(pk=1)
        case = _locked(case)
        check(State(case.state), State.RUNNING)
        refused = _hold_back(case, now)
        if not refused:
            case = _move(
                case, State.RUNNING, SYSTEM, "case.begun", held_by=[], started_at=case.started_at or now
            )
    return case, refused


def may_begin(case: Case, now: datetime) -> bool:
    """Whether `begin` would let it, at this moment; the case keeps why not."""
    with transaction.atomic():
        case = _locked(case)
        return case.state == State.SCHEDULED and not _hold_back(case, now)


def go_on(case: Case, now: datetime) -> bool:
    """Whether a case that was cut off while it ran may go on.

    Where it has changed nothing yet, the guardrails are asked anew and halt it: hours may have passed.
    """
    with transaction.atomic():
        case = _locked(case)
        if case.state != State.RUNNING:
            return False
        if case.targets.filter(sent_at__isnull=False).exists():
            return True
        refused = refusals_now(case, now)
        if refused:
            halt(case, refused[0].reason, refused[0].remedy)
        return not refused


def halt(case: Case, why: str, remedy: str, *, until: datetime | None = None) -> Case:
    """Running → scheduled: it goes on where it stood once what stands in the way is gone, not before `until`."""
    with transaction.atomic():
        fields: _Fields = {"held_by": [{"rule": "halted", "reason": why, "remedy": remedy}]}
        if until is not None:
            fields["scheduled_for"] = until
        return _move(_locked(case), State.SCHEDULED, SYSTEM, "case.halted", reason=why, **fields)


def hold(cases: QuerySet[Case], why: str, remedy: str) -> None:
    """Notes on scheduled cases why they cannot begin; where they run, they halt."""
    held_by = [{"rule": "halted", "reason": why, "remedy": remedy}]
    cases.filter(state=State.SCHEDULED).exclude(held_by=held_by).update(
        held_by=held_by, changed_at=timezone.now()
    )
    for case in cases.filter(state=State.RUNNING):
        halt(case, why, remedy)


def finish(case: Case, outcome: str) -> Case:
    with transaction.atomic():
        return _end(_locked(case), State.DONE, SYSTEM, "case.done", outcome)


def fail(case: Case, error: str, remedy: str) -> Case:
    """Running → failed, with the remedy. Somebody must look at it: it is not tried again by itself."""
    with transaction.atomic():
        return _move(
            _locked(case),
            State.FAILED,
            SYSTEM,
            "case.failed",
            reason=error,
            error=error,
            remedy=remedy,
            finished_at=timezone.now(),
        )


class _Fields(TypedDict, total=False):
    asked_by: str
    asked_by_id: int | None
    asked_at: datetime
    scheduled_for: datetime
    started_at: datetime
    finished_at: datetime | None
    held_by: list[dict[str, str]]
    error: str
    remedy: str
    outcome: str


def _move(
    case: Case, wanted: State, actor: Actor, action: str, *, reason: str = "", **fields: Unpack[_Fields]
) -> Case:
    check(State(case.state), wanted)
    before = {"state": str(case.state)}
    case.state = wanted
    for name, value in fields.items():
        setattr(case, name, value)
    case.save(update_fields=["state", "changed_at", *fields])
    record(actor, action, str(case), reason=reason, before=before, after={"state": str(wanted)})
    return case


def _end(case: Case, wanted: State, actor: Actor, action: str, outcome: str, *, reason: str = "") -> Case:
    return _move(
        case,
        wanted,
        actor,
        action,
        reason=reason,
        outcome=outcome[:1000],
        finished_at=timezone.now(),
        held_by=[],
    )


def _hold_back(case: Case, now: datetime) -> list[Refusal]:
    """Why it may not begin, kept with the case."""
    refused = refusals_now(case, now)
    held_by = [{"rule": one.rule.value, "reason": one.reason, "remedy": one.remedy} for one in refused]
    if refused and held_by != case.held_by:
        case.held_by = held_by
        case.save(update_fields=["held_by", "changed_at"])
    return refused


def _schedule(case: Case, actor: Actor, approved_at: datetime) -> Case:
    facts = facts_of(case)
    limits = limits_of(Guardrails.get())
    when = earliest_start(limits, facts.last_day, facts.time_zone, approved_at, removes=facts.removes)
    return _move(case, State.SCHEDULED, actor, "case.scheduled", scheduled_for=when)


def _locked(case: Case) -> Case:
    """As it is now, and nobody else changes it until the transaction ends."""
    return Case.objects.select_for_update(of=("self",)).select_related("connection", "person").get(pk=case.pk)


def _refuse_standing(case: Case) -> None:
    refused = standing_refusals_of(case)
    if refused:
        raise CannotOpen(refused[0].reason, refused[0].remedy, case)


def _open_states() -> list[State]:
    from usher.removal.states import OPEN

    return sorted(OPEN)


def _memberships_meant(person: Person, wish: Wish) -> list[Membership]:
    mine = memberships(person.connection).filter(person=person)
    is_active = Q(status=Status.ACTIVE)
    found = mine.filter(~is_active if wish.kind == Case.Kind.RESTORE else is_active)
    if wish.kind == Case.Kind.DOWNGRADE:
        found = found.filter(licence=Licence.MEMBER)
    if wish.workspaces:
        found = found.filter(workspace__gid__in=wish.workspaces)
    return list(found.order_by("workspace__name"))


def _nothing_to_do(person: Person, wish: Wish) -> tuple[str, str]:
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


def _summary(case: Case) -> dict[str, str | list[str] | None]:
    return {
        "kind": str(case.kind),
        "connection": case.connection_name,
        "person_gid": case.person_gid,
        "workspaces": [f"{one.workspace_name} ({one.workspace_gid})" for one in case.targets.all()],
        "hand_over_to": case.hand_over_email or case.hand_over_name or None,
        "last_day": case.last_day.isoformat() if case.last_day else None,
    }
