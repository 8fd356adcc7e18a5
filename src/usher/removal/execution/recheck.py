"""Whether a case is still right at this moment: asked before it begins, and again before each change."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists
from django.utils import timezone

from usher.activity.models import PersonUsage
from usher.connections.models import Connection, Mode
from usher.directory.employment.status import employment_of
from usher.directory.models import Employee
from usher.removal.execution.outcomes import CaseMustWait, CaseSuperseded, StepFailed
from usher.removal.guardrails.facts import permanent_blockers_of
from usher.removal.guardrails.rules import Rule
from usher.removal.models import Case, Guardrails, Step, Target


def check_not_stopped(case: Case) -> None:
    """Between any two steps and before each change: the stop switch and the mode hold at once. Raises Waits."""
    may_act = Connection.objects.filter(pk=case.connection_id or 0, disconnected_at=None, mode=Mode.ACT)
    # Asked often, so in one query.
    settings = Guardrails.objects.annotate(may_act=Exists(may_act)).get(pk=1)
    if settings.stopped_at is not None and case.kind != Case.Kind.RESTORE:
        reason = f": {settings.stop_reason}" if settings.stop_reason else "."
        raise CaseMustWait(f"All removals were stopped{reason}", "An admin can let them go on.")
    if not settings.may_act:
        raise CaseMustWait(
            "The connection may not act any more: it was disconnected, or its mode is “Read”.",
            "An admin can connect it again or change its mode, under Integrations.",
        )


def check_still_valid(case_id: int, targets: Sequence[Target], now: datetime) -> None:
    """Read anew from the database. Raises Superseded, Waits or Failed."""
    case = Case.objects.select_related("connection", "person__connection").get(pk=case_id)
    try:
        _recheck_here(case, now)
    except CaseSuperseded as why:
        made = [one.workspace_name for one in targets if one.outcome == Target.Outcome.DONE]
        is_given = case.steps.filter(name=Step.Name.HAND_OVER, state=Step.State.DONE).exists()
        if not made and not is_given:
            raise
        verb = "made view-only in" if case.kind == Case.Kind.DOWNGRADE else "taken out of"
        undone = [f"they were {verb} {', '.join(made)}"] if made else []
        undone += ["their work was handed over"] if is_given else []
        raise StepFailed(
            f"{why} But before that, {' and '.join(undone)}.",
            "Cancel this case. If they are to stay, invite them again; what was handed over stands in the case.",
        ) from why


def _recheck_here(case: Case, now: datetime) -> None:
    for refusal in permanent_blockers_of(case):
        if refusal.rule == Rule.PROTECTED:
            raise StepFailed(refusal.reason, refusal.remedy)
        raise CaseMustWait(refusal.reason, refusal.remedy)
    if case.person is None or case.connection is None or case.kind == Case.Kind.RESTORE:
        return
    if case.cause == Case.Cause.DIRECTORY:
        _recheck_employment(case, now)
    if case.cause == Case.Cause.IDLE:
        usage = PersonUsage.objects.filter(
            connection=case.connection_id, user_gid=case.person_gid, last_used_at__gt=case.opened_at
        ).first()
        if usage is not None:
            raise CaseSuperseded("They have used Asana since the case was opened, so the seat is not idle.")


def _recheck_employment(case: Case, now: datetime) -> None:
    assert case.person is not None and case.connection is not None
    today = timezone.localdate(now, ZoneInfo(case.connection.time_zone))
    found = employment_of(case.person, today)
    if found.status == Employee.Status.LEFT:
        return
    if found.status == Employee.Status.LEAVING:
        Case.objects.filter(pk=case.pk).update(last_day=found.last_day)
        last_day = f"{found.last_day:%-d %b %Y}" if found.last_day else "in the future"
        raise CaseMustWait(f"Their last day of work is {last_day} now.", "It runs when that day is over.")
    if found.status == Employee.Status.ACTIVE:
        raise CaseSuperseded("The directory says that they work here again.")
    raise CaseSuperseded(f"The directory no longer says that they left: {found.reason}")
