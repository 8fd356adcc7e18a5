"""Whether a case is still right: checked before it begins, and again before each change in Asana."""

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
    """Checked between steps and before each change, so that a stop takes effect at once. Raises CaseMustWait."""
    may_act = Connection.objects.filter(pk=case.connection_id or 0, disconnected_at=None, mode=Mode.ACT)
    # Called often, so one query.
    settings = Guardrails.objects.annotate(may_act=Exists(may_act)).get(pk=1)
    if settings.stopped_at is not None and case.kind != Case.Kind.RESTORE:
        reason = f": {settings.stop_reason}" if settings.stop_reason else "."
        raise CaseMustWait(f"All removals were stopped{reason}", "An admin can resume removals.")
    if not settings.may_act:
        raise CaseMustWait(
            "The connection can no longer take action: it was disconnected, or is in “Read” mode.",
            "An admin can reconnect it or change its mode under Integrations.",
        )


def check_still_valid(case_id: int, targets: Sequence[Target], now: datetime) -> None:
    """Reads the case again. Raises CaseSuperseded, CaseMustWait or StepFailed."""
    case = Case.objects.select_related("connection", "person__connection").get(pk=case_id)
    try:
        _recheck(case, now)
    except CaseSuperseded as why:
        changed = [one.workspace_name for one in targets if one.outcome == Target.Outcome.DONE]
        is_handed_over = case.steps.filter(name=Step.Name.HAND_OVER, state=Step.State.DONE).exists()
        if not changed and not is_handed_over:
            raise
        verb = "made view-only in" if case.kind == Case.Kind.DOWNGRADE else "removed from"
        done = [f"they were {verb} {', '.join(changed)}"] if changed else []
        done += ["their work was handed over"] if is_handed_over else []
        raise StepFailed(
            f"{why} However, before that, {' and '.join(done)}.",
            "Cancel this case. If they are staying, invite them again; the case lists what was handed over.",
        ) from why


def _recheck(case: Case, now: datetime) -> None:
    for blocker in permanent_blockers_of(case):
        if blocker.rule == Rule.PROTECTED:
            raise StepFailed(blocker.reason, blocker.remedy)
        raise CaseMustWait(blocker.reason, blocker.remedy)
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
    employment = employment_of(case.person, today)
    if employment.status == Employee.Status.LEFT:
        return
    if employment.status == Employee.Status.LEAVING:
        Case.objects.filter(pk=case.pk).update(last_day=employment.last_day)
        last_day = f"{employment.last_day:%-d %b %Y}" if employment.last_day else "in the future"
        raise CaseMustWait(f"Their last day of work is now {last_day}.", "It runs after that day.")
    if employment.status == Employee.Status.ACTIVE:
        raise CaseSuperseded("According to the directory, they work here again.")
    raise CaseSuperseded(f"The directory no longer says that they left: {employment.reason}")
