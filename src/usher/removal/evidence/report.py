"""The evidence for an auditor: the facts, approvals, steps, requests to Asana and ledger entries of a case."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from django.db.models import Q
from django.utils import timezone

from usher.ledger.models import Entry
from usher.platform.scope import whole_installation
from usher.removal.cases.shown_remarks import ShownRemark, remarks_of
from usher.removal.evidence.told import ToldBeforeLastDay, told_about, told_entries
from usher.removal.models import Approval, Call, Case, Step, Target

FORMAT = "usher-case-evidence/1"


class ActorShown(msgspec.Struct, frozen=True):
    name: str
    user_id: int | None
    via: str


class ApprovedInAdvance(msgspec.Struct, frozen=True):
    name: str
    id: int
    at: str


class ApprovalShown(msgspec.Struct, frozen=True):
    word: str
    by: ActorShown
    is_admin: bool
    at: datetime
    note: str
    in_advance: list[ApprovedInAdvance]
    """For the approval of a rule: the admins who had approved the rule."""


class TargetShown(msgspec.Struct, frozen=True):
    """`access_before`: as recorded before anything changed; empty if the case never got that far."""

    workspace: str
    workspace_gid: str
    membership_gid: str
    role_when_opened: str
    licence_when_opened: str
    outcome: str
    change_sent_at: datetime | None
    verified_at: datetime | None
    access_before: dict[str, object]


class CallShown(msgspec.Struct, frozen=True):
    at: datetime
    method: str
    path: str
    body: str
    acts_as: str
    status: int | None
    asana_request_id: str | None
    error: str | None
    milliseconds: int


class StepShown(msgspec.Struct, frozen=True):
    name: str
    title: str
    workspace: str | None
    state: str
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    found: str
    calls: list[CallShown]


class EntryShown(msgspec.Struct, frozen=True):
    """`hash` covers the entry and `previous_hash`. `usher ledger verify` computes both again."""

    number: int
    at: datetime
    actor: ActorShown
    action: str
    reason: str
    before: object
    after: object
    previous_hash: str
    hash: str


class RemarkInEvidence(msgspec.Struct, frozen=True):
    """`why` is the answer; empty if nobody has answered."""

    kind: str
    text: str
    seen_at: datetime | None
    answered_at: datetime | None
    answered_by: str
    why: str


class Evidence(msgspec.Struct, frozen=True):
    """`later_facts`: as `facts_when_opened`, when approval was “asked” for, when it was “approved”, and before anything
    was changed (“run”). `remarks`: what does not fit, with its answers: now for an open case, at the end for others.
    """

    format: str
    made_at: datetime
    number: int
    kind: str
    title: str
    cause: str
    state: str
    outcome: str
    error: str
    reason: str
    connection: str
    person_gid: str
    person_name: str
    person_email: str
    last_day: str | None
    hand_over_to: str
    opened_by: ActorShown
    opened_at: datetime
    asked_by: ActorShown | None
    asked_at: datetime | None
    scheduled_for: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    facts_when_opened: dict[str, object]
    later_facts: dict[str, dict[str, object]]
    remarks: list[RemarkInEvidence]
    preview: dict[str, object]
    previewed_at: datetime | None
    approvals: list[ApprovalShown]
    targets: list[TargetShown]
    steps: list[StepShown]
    told_before_last_day: list[ToldBeforeLastDay]
    ledger: list[EntryShown]


def evidence_of(case: Case) -> Evidence:
    ledger = ledger_entries(case)
    asked = ActorShown(case.asked_by, case.asked_by_id, _asked_via(case, ledger)) if case.asked_at else None
    return Evidence(
        format=FORMAT,
        made_at=timezone.now(),
        number=case.pk,
        kind=str(case.kind),
        title=case.get_kind_display(),
        cause=case.get_cause_display(),
        state=str(case.state),
        outcome=case.outcome,
        error=case.error,
        reason=case.reason,
        connection=case.connection_name,
        person_gid=case.person_gid,
        person_name=case.person_name,
        person_email=case.person_email,
        last_day=case.last_day.isoformat() if case.last_day else None,
        hand_over_to=case.hand_over_email or case.hand_over_name,
        opened_by=ActorShown(case.opened_by, case.opened_by_id, case.opened_via),
        opened_at=_utc(case.opened_at),
        asked_by=asked,
        asked_at=_utc_or_none(case.asked_at),
        scheduled_for=_utc_or_none(case.scheduled_for),
        started_at=_utc_or_none(case.started_at),
        finished_at=_utc_or_none(case.finished_at),
        facts_when_opened=case.facts,
        later_facts=case.later_facts,
        remarks=[_remark(one) for one in remarks_of(case)],
        preview=case.preview,
        previewed_at=_utc_or_none(case.previewed_at),
        approvals=[_approval(one) for one in case.approvals.all()],
        targets=[_target(one) for one in case.targets.all()],
        steps=[_step(one) for one in case.steps.select_related("target").prefetch_related("calls")],
        told_before_last_day=told_about(case),
        ledger=[_entry(one) for one in ledger],
    )


def _asked_via(case: Case, ledger: Iterable[Entry]) -> str:
    """A draft may have been opened in one way, such as by an assistant, and asked for in another."""
    ways = [one.via for one in ledger if one.action in ("case.asked", "case.approved_by_rule")]
    return ways[-1] if ways else case.opened_via


def evidence_json(case: Case) -> bytes:
    return msgspec.json.format(msgspec.json.encode(evidence_of(case)), indent=2)


@whole_installation()
def ledger_entries(case: Case) -> Iterable[Entry]:
    """The entries about a case, and about what the person was told before it, oldest first. Whoever sees the case sees
    them, also those from before 0.2.
    """
    # The subject of another action may begin with a name that was chosen to look like a case.
    of_cases = Q(action__startswith="case.") | Q(action__startswith="asana.")
    of_case = Entry.objects.filter(of_cases, subject__startswith=f"case {case.pk}: ")
    return sorted([*of_case, *told_entries(case)], key=lambda entry: entry.number)


def file_name(case: Case, ending: str) -> str:
    """For a download. It names the case, never the person."""
    return f"usher-case-{case.pk}-{timezone.now():%Y%m%d}.{ending}"


def _approval(one: Approval) -> ApprovalShown:
    return ApprovalShown(
        str(one.word),
        ActorShown(one.by, one.by_id, one.via),
        one.is_admin,
        _utc(one.at),
        one.note,
        [msgspec.convert(who, ApprovedInAdvance) for who in one.in_advance],
    )


def _remark(one: ShownRemark) -> RemarkInEvidence:
    return RemarkInEvidence(
        kind=one.label,
        text=one.text,
        seen_at=_utc_or_none(one.seen_at),
        answered_at=_utc_or_none(one.answered_at),
        answered_by=one.answered_by,
        why=one.why,
    )


def _target(one: Target) -> TargetShown:
    return TargetShown(
        workspace=one.workspace_name,
        workspace_gid=one.workspace_gid,
        membership_gid=one.membership_gid,
        role_when_opened=str(one.role),
        licence_when_opened=str(one.licence),
        outcome=str(one.outcome),
        change_sent_at=_utc_or_none(one.sent_at),
        verified_at=_utc_or_none(one.verified_at),
        access_before=one.recorded,
    )


def _step(one: Step) -> StepShown:
    return StepShown(
        name=str(one.name),
        title=one.get_name_display(),
        workspace=one.target.workspace_name if one.target else None,
        state=str(one.state),
        attempts=one.attempts,
        started_at=_utc_or_none(one.started_at),
        finished_at=_utc_or_none(one.finished_at),
        found=one.found,
        calls=[_call(call) for call in one.calls.all()],
    )


def _call(one: Call) -> CallShown:
    return CallShown(
        at=_utc(one.at),
        method=one.method,
        path=one.path,
        body=one.body,
        acts_as=one.acts_as,
        status=one.status,
        asana_request_id=one.request_id or None,
        error=one.error or None,
        milliseconds=one.milliseconds,
    )


def _entry(one: Entry) -> EntryShown:
    return EntryShown(
        number=one.number,
        at=_utc(one.at),
        actor=ActorShown(one.actor_name, one.actor_user_id, one.via),
        action=one.action,
        reason=one.reason,
        before=one.before,
        after=one.after,
        previous_hash=one.previous_hash,
        hash=one.hash,
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _utc_or_none(moment: datetime | None) -> datetime | None:
    return _utc(moment) if moment else None
