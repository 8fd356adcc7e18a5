"""Every change of a case's state goes through here, and into the ledger."""

from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from usher.access.acting import is_admin
from usher.ledger.actors import SYSTEM, Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.removal.cases import remarks
from usher.removal.cases.in_advance import AskingRule, approve_in_advance
from usher.removal.cases.lapsed_approvals import lapse_approvals
from usher.removal.cases.moves import HALTED, MovedFields, end, move
from usher.removal.cases.opening import check_permanent_blockers, locked, summary
from usher.removal.cases.snapshot import snapshot_of
from usher.removal.cases.versions import check_read, version_of
from usher.removal.guardrails.facts import (
    blockers_now,
    identity,
    identity_of,
    limits_of,
    people_behind,
    requesters,
    standing_facts,
)
from usher.removal.guardrails.rules import Blocker, Rule, earliest_start
from usher.removal.models import Approval, Case, Guardrails
from usher.removal.states import CaseState, WrongState, check_transition


class CannotApprove(Refused):
    """This person's approval does not count."""


def request_approval(
    case: Case,
    actor: Actor,
    *,
    is_just_opened: bool = False,
    read: str | None = None,
    rule: AskingRule | None = None,
) -> Case:
    """Requests approval of a draft. If none is needed, the case is scheduled at once.

    `read`: the version of the case that was read. Raises ReadAnother if it is another by now.
    `is_just_opened`: what was known a moment ago is not read again, which matters for many cases at once.
    `rule`: which asks. Where admins approved it in advance, and that counts, the case is approved by it.
    """
    with transaction.atomic():
        case = locked(case)
        check_permanent_blockers(case)
        if read is not None and case.state == CaseState.DRAFT:
            check_read(case, read)
        by_rule = approve_in_advance(case, rule) if rule else None
        waits = Guardrails.get().needs_approval and by_rule is None
        case = move(
            case,
            CaseState.WAITING if waits else CaseState.APPROVED,
            actor,
            "case.approved_by_rule" if by_rule else "case.asked",
            reason=f"Approved by {by_rule.by}. {case.reason}" if by_rule else case.reason,
            asked_by=actor.name,
            asked_by_id=actor.user_id,
            changed_by=[*case.changed_by, *people_behind(actor)],
            asked_at=timezone.now(),
            later_facts={"asked": case.facts} if is_just_opened else _facts_seen(case, "asked"),
        )
        return case if waits else _schedule(case, SYSTEM, timezone.now())


def approve(case: Case, actor: Actor, *, note: str = "", read: str | None = None) -> Case:
    """Records one person's approval. The first schedules the case; a second lifts the limits, if one is an admin's.

    `read`: the version of the case that was read. Raises CannotApprove for the requesters, for whoever was let in by
    one of them, and for whoever has already approved; ReadAnother, CannotOpen, WrongState.
    """
    with transaction.atomic():
        case = locked(case)
        state = CaseState(case.state)
        if state not in (CaseState.WAITING, CaseState.SCHEDULED):
            raise WrongState(state, CaseState.APPROVED)
        check_permanent_blockers(case)
        if identity_of(actor) in requesters(case):
            raise CannotApprove(
                "You cannot approve a case that you requested.",
                "Another approver or admin must approve it.",
            )
        if actor.let_in_by and identity(actor.let_in_by, actor.let_in_by_id) in requesters(case):
            raise CannotApprove(
                f"You signed in with a link that {actor.let_in_by} made, who requested this case.",
                "Sign in through your company's identity provider or with a link that somebody else made, for example "
                "by `usher sign-in-link` on Usher's machine, and approve then.",
            )
        facts = standing_facts(case)
        if identity_of(actor) in {approver.who for approver in facts.approvers}:
            raise CannotApprove(
                "You have already approved this case.", "The second approval must come from another person."
            )
        if read is not None:
            check_read(case, read)
        _store_answer(case, Approval.Word.APPROVED, actor, note)
        case.held_by = []
        case.later_facts = _facts_seen(case, "approved")
        case.save(update_fields=["later_facts", "held_by"])
        if state == CaseState.SCHEDULED:
            record(
                actor,
                "case.approved_again",
                str(case),
                reason=note,
                after=summary(case),
                connection=case.connection_id,
            )
            return case
        case = move(case, CaseState.APPROVED, actor, "case.approved", reason=note)
        return _schedule(case, SYSTEM, timezone.now())


def reject(case: Case, actor: Actor, *, note: str = "") -> Case:
    """Ends the case. Raises WrongState."""
    with transaction.atomic():
        case = locked(case)
        _store_answer(case, Approval.Word.REFUSED, actor, note)
        outcome = f"Rejected by {actor.name}{f': {note}' if note else '.'}"
        return end(case, CaseState.CANCELLED, actor, "case.refused", outcome, reason=note)


def cancel(case: Case, actor: Actor, *, reason: str = "") -> Case:
    """Ends a case that has not started or has failed. Raises WrongState."""
    with transaction.atomic():
        outcome = f"Cancelled by {actor.name}{f': {reason}' if reason else '.'}"
        return end(locked(case), CaseState.CANCELLED, actor, "case.cancelled", outcome, reason=reason)


def try_again(case: Case, actor: Actor) -> Case:
    """A failed case continues with the step that failed; nothing is done twice. Raises WrongState."""
    with transaction.atomic():
        case = locked(case)
        if case.state != CaseState.FAILED:
            raise WrongState(CaseState(case.state), CaseState.SCHEDULED)
        return move(
            case, CaseState.SCHEDULED, actor, "case.tried_again", error="", remedy="", finished_at=None
        )


def supersede(case: Case, why: str, actor: Actor = SYSTEM) -> Case:
    """Ends a case that has become pointless: the person has already been removed, or is back at work."""
    with transaction.atomic():
        return end(locked(case), CaseState.SUPERSEDED, actor, "case.superseded", why, reason=why)


def begin(case: Case, now: datetime) -> tuple[Case, list[Blocker]]:
    """Scheduled → running, unless a guardrail blocks it. Returns what blocks it.

    Locks the guardrails, so that cases that begin at the same time count each other.
    """
    with transaction.atomic():
        Guardrails.get()
        Guardrails.objects.select_for_update().get(pk=1)
        case = locked(case)
        check_transition(CaseState(case.state), CaseState.RUNNING)
        blockers = _blockers_kept(case, now)
        if not blockers:
            case = move(
                case, CaseState.RUNNING, SYSTEM, "case.begun", held_by=[], started_at=case.started_at or now
            )
    return case, blockers


def may_begin(case: Case, now: datetime) -> bool:
    """Whether `begin` would start the case now. If not, the reasons are stored with the case."""
    with transaction.atomic():
        case = locked(case)
        return case.state == CaseState.SCHEDULED and not _blockers_kept(case, now)


def may_continue(case: Case, now: datetime) -> bool:
    """Whether a case that was interrupted while it ran may continue.

    If it has changed nothing yet, the guardrails are checked again and may halt it: hours may have passed.
    """
    with transaction.atomic():
        case = locked(case)
        if case.state != CaseState.RUNNING:
            return False
        if case.targets.filter(sent_at__isnull=False).exists():
            return True
        lapse_approvals(case)
        blockers = blockers_now(case, now)
        if blockers:
            halt(case, blockers[0].reason, blockers[0].remedy)
        return not blockers


def halt(case: Case, why: str, remedy: str, *, until: datetime | None = None, rule: str = HALTED) -> Case:
    """Running → scheduled: the case continues once nothing blocks it any more, but not before `until`."""
    with transaction.atomic():
        fields: MovedFields = {"held_by": [{"rule": rule, "reason": why, "remedy": remedy}]}
        if until is not None:
            fields["scheduled_for"] = until
        return move(locked(case), CaseState.SCHEDULED, SYSTEM, "case.halted", reason=why, **fields)


def hold(cases: QuerySet[Case], why: str, remedy: str) -> None:
    """Stores with scheduled cases why they cannot begin, and halts the running ones."""
    held_by = [{"rule": HALTED, "reason": why, "remedy": remedy}]
    cases.filter(state=CaseState.SCHEDULED).exclude(held_by=held_by).update(
        held_by=held_by, changed_at=timezone.now()
    )
    for case in cases.filter(state=CaseState.RUNNING):
        halt(case, why, remedy)


def finish(case: Case, outcome: str) -> Case:
    with transaction.atomic():
        return end(locked(case), CaseState.DONE, SYSTEM, "case.done", outcome)


def fail(case: Case, error: str, remedy: str) -> Case:
    """Running → failed. A person has to look at it: the case is not retried automatically."""
    with transaction.atomic():
        return move(
            locked(case),
            CaseState.FAILED,
            SYSTEM,
            "case.failed",
            reason=error,
            error=error,
            remedy=remedy,
            finished_at=timezone.now(),
        )


def _store_answer(case: Case, word: Approval.Word, actor: Actor, note: str) -> None:
    """The actor's role decides whether this is an admin's answer: no caller can claim it."""
    Approval.objects.create(
        case=case,
        word=word,
        by=actor.name,
        by_id=actor.user_id,
        is_admin=is_admin(actor),
        via=actor.via,
        note=note,
        version=version_of(case),
    )


def _facts_seen(case: Case, when: Literal["asked", "approved"]) -> dict[str, dict[str, object]]:
    """The facts of the case with those of this moment, for its evidence."""
    if case.person is None:
        return case.later_facts
    remarks.refresh(case)
    remarks.compare_with_people_list(case)
    return {**case.later_facts, when: snapshot_of(case.person).as_json()}


def _blockers_kept(case: Case, now: datetime) -> list[Blocker]:
    """What blocks the case now, also stored with the case. Approvals that no longer count lapse."""
    lapsed = lapse_approvals(case)
    blockers = blockers_now(case, now)
    if lapsed and any(one.rule == Rule.APPROVAL for one in blockers):
        _back_to_waiting(case, lapsed)
        return blockers
    held_by = [{"rule": one.rule.value, "reason": one.reason, "remedy": one.remedy} for one in blockers]
    if blockers and held_by != case.held_by:
        case.held_by = held_by
        case.save(update_fields=["held_by", "changed_at"])
    return blockers


def _back_to_waiting(case: Case, lapsed: list[str]) -> None:
    why = " ".join(lapsed)
    held_by = [{"rule": "approval", "reason": why, "remedy": "Another approver or admin must approve it."}]
    move(case, CaseState.WAITING, SYSTEM, "case.approval_lapsed", reason=why, held_by=held_by)


def _schedule(case: Case, actor: Actor, approved_at: datetime) -> Case:
    facts = standing_facts(case)
    limits = limits_of(Guardrails.get())
    when = earliest_start(limits, facts.last_day, facts.time_zone, approved_at, removes=facts.removes)
    return move(case, CaseState.SCHEDULED, actor, "case.scheduled", scheduled_for=when)
