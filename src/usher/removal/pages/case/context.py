"""Everything that the page of a case shows, except what is read from Asana."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

import msgspec
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from usher.access.models import User
from usher.removal.cases.permitted_actions import LIMITS, permitted_actions
from usher.removal.cases.snapshot import PersonSnapshot, snapshot_of
from usher.removal.cases.timeline import timeline_of
from usher.removal.cases.versions import version_of
from usher.removal.evidence.told import told_about
from usher.removal.execution.breakage import Breakage
from usher.removal.guardrails.facts import blockers_now
from usher.removal.guardrails.rules import Blocker, Rule
from usher.removal.models import Case, Guardrails, Step, Target
from usher.removal.pages.remarks.context import remarks_of_case
from usher.removal.states import CaseState

NOT_STARTED = frozenset(
    {CaseState.DRAFT, CaseState.WAITING, CaseState.APPROVED, CaseState.SCHEDULED, CaseState.FAILED}
)
CAN_BE_BLOCKED = frozenset({CaseState.WAITING, CaseState.SCHEDULED})
CONTRADICT = frozenset({Rule.EMPLOYMENT, Rule.REMARKS})
CALLS_SHOWN = 300
RECENT_USE = timedelta(days=30)

# Blockers of a case that waits for approval which its state already implies.
IMPLIED_BY_WAITING = frozenset({Rule.APPROVAL, Rule.GRACE})


def cases_with_parts() -> QuerySet[Case]:
    """Cases with what the page needs of them, in a fixed number of queries."""
    steps = Prefetch("steps", Step.objects.select_related("target"))
    related = Case.objects.select_related("connection", "person__connection", "undoes")
    return related.prefetch_related("targets", "approvals", steps)


@dataclass(frozen=True)
class PersonSummary:
    """What Usher knew about the person at one time: when the case was opened, or now."""

    employment: str
    last_used_at: datetime | None
    memberships: list[dict[str, object]]


@dataclass(frozen=True)
class IdleSeat:
    """The last use when a case for an idle seat was opened, and the last use since then, if any."""

    opened_at: datetime
    last_used_at: datetime | None
    used_since: datetime | None

    @property
    def was_in_use(self) -> bool:
        """Whether the last use was so recent that the seat was hardly idle."""
        return self.last_used_at is not None and self.opened_at - self.last_used_at < RECENT_USE


@dataclass(frozen=True)
class Broken:
    """What a removal broke, as its last preview saw it. `breaks` is None if nobody looked at a preview."""

    breaks: Breakage | None
    previewed_at: datetime | None


def case_context(case: Case, user: User) -> dict[str, object]:
    """For the whole page. `case` comes from `cases_with_parts`."""
    settings = Guardrails.get()
    snapshot = snapshot_of(case.person, with_contradictions=case.is_open) if case.person else None
    blockers = _blockers(case, settings, snapshot)
    stages = timeline_of(case)
    current = next(stage for stage in stages if stage.is_now)
    targets = list(case.targets.all())
    facts_now = snapshot.as_json() if snapshot else None
    then, now = summary_from(case.facts), summary_from(facts_now) if facts_now else None
    return {
        **_progress(case, blockers),
        **(calls_context(case) if case.started_at else {"calls": [], "calls_count": 0}),
        **remarks_of_case(case, user, facts_now),
        "guardrails": settings,
        "read": version_of(case),
        "targets": targets,
        "approvals": list(case.approvals.all()),
        "stages": stages,
        "told": told_about(case),
        "since": current.at or case.changed_at,
        "actions": permitted_actions(case, user, blockers),
        "shows_preview": case.state in NOT_STARTED and not any(one.sent_at for one in targets),
        "then": then,
        "now": now,
        "idle_seat": idle_seat(case, then, now),
        "undone_by": case.undone_by.first() if case.state == CaseState.DONE else None,
        "recorded": recorded_access(case, targets),
        "broken": broken_by(case, targets),
    }


def progress_context(case: Case) -> dict[str, object]:
    """For the part that the page polls while a case is open."""
    return _progress(case, _blockers(case, Guardrails.get()))


def calls_context(case: Case) -> dict[str, object]:
    calls = case.calls.select_related("step")
    return {"case": case, "calls": calls[:CALLS_SHOWN], "calls_count": calls.count()}


def _blockers(case: Case, settings: Guardrails, snapshot: PersonSnapshot | None = None) -> list[Blocker]:
    if case.state not in CAN_BE_BLOCKED:
        return []
    return blockers_now(case, settings=settings, known=snapshot)


def _progress(case: Case, blockers: list[Blocker]) -> dict[str, object]:
    is_limited = any(one.rule in LIMITS for one in blockers)
    contradicting = " ".join(one.reason for one in blockers if one.rule in CONTRADICT)
    return {
        "case": case,
        "steps": list(case.steps.all()),
        "blockers": blockers_to_show(case, blockers),
        "is_due": is_due(case),
        # When this changes, the page is loaded again as a whole, because its buttons depend on it.
        "version": f"{case.state}-{len(case.approvals.all())}{'-limited' if is_limited else ''}"
        f"-{crc32(contradicting.encode())}",
    }


def is_due(case: Case) -> bool:
    return bool(case.scheduled_for and case.scheduled_for <= timezone.now())


def blockers_to_show(case: Case, blockers: list[Blocker]) -> list[Blocker]:
    """The blockers that the state of the case does not imply."""
    if case.state == CaseState.WAITING:
        return [one for one in blockers if one.rule not in IMPLIED_BY_WAITING]
    return [one for one in blockers if one.rule != Rule.GRACE or not case.scheduled_for]


def summary_from(snapshot: dict[str, object]) -> PersonSummary | None:
    """From the JSON of a `PersonSnapshot`; None if the case has none."""
    employment = snapshot.get("employment")
    memberships = snapshot.get("memberships")
    if not isinstance(employment, dict) or not isinstance(memberships, list):
        return None
    return PersonSummary(
        employment=_text(employment.get("reason")),
        last_used_at=parse_datetime(_text(snapshot.get("last_used_at"))),
        memberships=[{**one, "since": parse_datetime(_text(one.get("since")))} for one in memberships],
    )


def idle_seat(case: Case, then: PersonSummary | None, now: PersonSummary | None) -> IdleSeat | None:
    """None for a case that does not rest on it."""
    if case.cause not in Case.RESTS_ON_NO_USE:
        return None
    last_use = now.last_used_at if now else None
    used_since = last_use if last_use and last_use > case.opened_at else None
    return IdleSeat(case.opened_at, then.last_used_at if then else None, used_since)


def recorded_access(case: Case, targets: list[Target]) -> list[tuple[Target, dict[str, object]]]:
    """The access that the record step stored or, if it never ran, that the last preview showed."""
    seen = case.preview.get("seen")
    previewed = {one["workspace_gid"]: one for one in seen} if isinstance(seen, list) else {}
    access = [(target, target.recorded or previewed.get(target.workspace_gid)) for target in targets]
    return [
        (target, {**record, "at": parse_datetime(_text(record.get("at")))})
        for target, record in access
        if record
    ]


def broken_by(case: Case, targets: list[Target]) -> Broken | None:
    """In the workspaces that they were removed from; None for a case that has removed nobody, or still runs."""
    removed_from = {one.workspace_gid for one in targets if one.outcome == Target.Outcome.DONE}
    if case.kind != Case.Kind.REMOVE or case.state == CaseState.RUNNING or not removed_from:
        return None
    try:
        stored = msgspec.convert(case.preview.get("breaks"), Breakage | None)
    except msgspec.ValidationError:  # written by another version
        stored = None
    if stored is None:
        return Broken(None, None)
    workspaces = [one for one in stored.workspaces if one.workspace_gid in removed_from]
    return Broken(msgspec.structs.replace(stored, workspaces=workspaces), case.previewed_at)


def _text(value: object) -> str:
    return str(value) if value else ""
