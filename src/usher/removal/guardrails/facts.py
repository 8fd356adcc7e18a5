"""Reads from the database what the guardrails need to know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from usher.connections.models import Mode
from usher.directory.models import Remark
from usher.directory.remarks.questions import unanswered
from usher.directory.remarks.said import SourceWord
from usher.ledger.actors import SERVICE, Actor
from usher.platform.scope import whole_installation
from usher.removal.guardrails.employment import employment_changed
from usher.removal.guardrails.protection import why_protected
from usher.removal.guardrails.rules import (
    DAY,
    Approver,
    Blocker,
    CaseFacts,
    RecentRemovals,
    RemovalLimits,
    WorkspaceRemovals,
    blockers,
    permanent_blockers,
)
from usher.removal.models import Approval, Case, Guardrails, Target
from usher.removal.states import CaseState
from usher.roster.models import Membership, Status


def identity(name: str, user_id: int | None) -> str:
    """The same text for the same person, whether they use a page, a token or the command line."""
    return f"user {user_id}" if user_id is not None else f"name {name}"


def identity_in(kept: Mapping[str, str | int | None]) -> str:
    """The same, of what is kept of a person: `name` and `id`."""
    key = kept["id"]
    return identity(str(kept["name"]), key if isinstance(key, int) else None)


def identity_of(actor: Actor) -> str:
    return identity(actor.name, actor.user_id)


def people_behind(actor: Actor) -> list[dict[str, str | int | None]]:
    """Who could be speaking through this actor: whoever made the token of a service account. `through`: which token."""
    if actor.kind != SERVICE or not actor.let_in_by:
        return []
    return [{"name": actor.let_in_by, "id": actor.let_in_by_id, "through": actor.name}]


def requesters(case: Case) -> frozenset[str]:
    """Whoever opened the case, changed its draft or requested its approval: none of them can approve it."""
    people = {identity(case.opened_by, case.opened_by_id)}
    if case.asked_by:
        people.add(identity(case.asked_by, case.asked_by_id))
    return frozenset(people | {identity_in(changer) for changer in case.changed_by})


def waiting_for(actor: Actor) -> Q:
    """Over cases: those that wait for an approval and that this person did not request."""
    if actor.user_id is not None:
        requested = Q(opened_by_id=actor.user_id) | Q(asked_by_id=actor.user_id)
        requested |= Q(changed_by__contains=[{"id": actor.user_id}])
    else:
        requested = Q(opened_by_id=None, opened_by=actor.name) | Q(asked_by_id=None, asked_by=actor.name)
        requested |= Q(changed_by__contains=[{"name": actor.name, "id": None}])
    return Q(state=CaseState.WAITING) & ~requested


class KnownOfPerson(Protocol):
    """What was read about the person of a case a moment ago, such as a `PersonSnapshot`."""

    @property
    def said(self) -> Sequence[SourceWord]: ...

    @property
    def remarks(self) -> Sequence[Remark]: ...


@whole_installation()
def case_facts(case: Case, known: KnownOfPerson | None = None) -> CaseFacts:
    """Everything, with what contradicts the case now. What is not `known` is read."""
    remarks: Iterable[Remark] = ()
    if known is not None:
        remarks = [remark for remark in known.remarks if remark.answered_at is None]
    elif case.person is not None:
        remarks = unanswered(case.person)
    return replace(
        standing_facts(case),
        unanswered_remarks=[remark.text for remark in remarks],
        employment_changed=employment_changed(case, known.said if known else None),
    )


@whole_installation()
def standing_facts(case: Case) -> CaseFacts:
    """Without what contradicts the case, which takes most of the time."""
    connection, person = case.connection, case.person
    approvals = case.approvals.all() if case.pk else []
    approved = [one for one in approvals if one.word == Approval.Word.APPROVED and not one.lapsed_at]
    return CaseFacts(
        removes=case.kind != Case.Kind.RESTORE,
        requested_by=requesters(case),
        approvers=[_approver(one) for one in approved],
        is_connected=connection is not None and connection.is_connected,
        may_act=connection is not None and connection.mode == Mode.ACT,
        protected=why_protected(person) if person else "",
        last_day=case.last_day,
        scheduled_for=case.scheduled_for,
        synced_at=connection.last_synced_at if connection else None,
        time_zone=ZoneInfo(connection.time_zone if connection else "UTC"),
    )


def _approver(approval: Approval) -> Approver:
    if approval.rule is not None:
        return Approver(f"rule {approval.rule}", is_admin=False, is_rule=True)
    return Approver(identity(approval.by, approval.by_id), approval.is_admin)


def limits_of(settings: Guardrails) -> RemovalLimits:
    return RemovalLimits(
        needs_approval=settings.needs_approval,
        daily=settings.daily_limit,
        share=settings.share_limit,
        grace=timedelta(minutes=settings.grace_minutes),
        quiet_from=settings.quiet_from,
        quiet_until=settings.quiet_until,
        is_stopped=settings.stopped_at is not None,
        stop_reason=settings.stop_reason,
        is_restored=settings.restored_at is not None,
    )


def begun_in_last_day(now: datetime) -> QuerySet[Target]:
    """Removals that have begun. Failed ones count too: the request may have taken effect."""
    return Target.objects.filter(
        Q(sent_at__gt=now - DAY) | Q(case__state=CaseState.RUNNING, outcome=Target.Outcome.PENDING),
        ~Q(case__kind=Case.Kind.RESTORE),
    )


def recent_removals(case: Case, now: datetime) -> RecentRemovals:
    """Workspaces and people are compared by gid, because two connections can reach the same ones."""
    begun = begun_in_last_day(now).exclude(case=case)
    removed = dict(begun.order_by().values_list("workspace_gid").annotate(Count("pk")))
    pending = case.targets.filter(outcome=Target.Outcome.PENDING).select_related("workspace")
    mine = [target.workspace for target in pending if target.workspace]
    among_removed = begun.filter(
        workspace_gid=OuterRef("workspace__gid"), case__person_gid=OuterRef("person__gid")
    )
    active = dict(
        Membership.objects.filter(~Exists(among_removed), workspace__in=mine, status=Status.ACTIVE)
        .order_by()
        .values_list("workspace")
        .annotate(Count("pk"))
    )
    return RecentRemovals(
        removed=begun.aggregate(people=Count("case", distinct=True))["people"],
        workspaces=[
            WorkspaceRemovals(workspace.name, active.get(workspace.pk, 0), removed.get(workspace.gid, 0))
            for workspace in mine
        ],
    )


@whole_installation()
def blockers_now(
    case: Case,
    now: datetime | None = None,
    settings: Guardrails | None = None,
    known: KnownOfPerson | None = None,
) -> list[Blocker]:
    """Why the case may not run at this moment."""
    now = now or timezone.now()
    return blockers(
        case_facts(case, known), limits_of(settings or Guardrails.get()), recent_removals(case, now), now
    )


def permanent_blockers_of(case: Case) -> list[Blocker]:
    return permanent_blockers(standing_facts(case))
