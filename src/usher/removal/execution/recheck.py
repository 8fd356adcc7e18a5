"""Whether a case is still right: checked before it begins, and again before each change in Asana."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists
from django.utils import timezone

from usher.activity.models import PersonUsage
from usher.asana import AsanaUser
from usher.connections.models import Connection, Mode
from usher.directory.employment.recount import restate
from usher.directory.employment.status import employment_of
from usher.directory.models import Employee
from usher.platform.locks import check_locks
from usher.removal.cases import remarks
from usher.removal.cases.snapshot import snapshot_of
from usher.removal.execution.outcomes import CaseMustWait, CaseSuperseded, StepFailed
from usher.removal.guardrails.away import Away
from usher.removal.guardrails.facts import case_facts
from usher.removal.guardrails.restored import stop_if_restored
from usher.removal.guardrails.rules import (
    RESTORED,
    RESTORED_REMEDY,
    Rule,
    contradictions,
    out_of_office,
    permanent_blockers,
)
from usher.removal.models import Case, Guardrails, Step, Target

LOOK_AGAIN_AFTER = timedelta(days=1)
"""How soon somebody who is out of office is looked up again."""


class NoLongerRight(CaseMustWait):
    """The directory now says otherwise. The case waits; if it has changed something already, it fails."""


def check_not_stopped(case: Case) -> None:
    """Checked between steps and before each change, so that a stop takes effect at once. Raises CaseMustWait; LockLost
    where another process may run the case by now.

    Also stops everything if the database was restored meanwhile.
    """
    check_locks()
    stop_if_restored()
    may_act = Connection.objects.filter(pk=case.connection_id or 0, disconnected_at=None, mode=Mode.ACT)
    # Called often, so one query.
    settings = Guardrails.objects.annotate(may_act=Exists(may_act)).get(pk=1)
    if settings.restored_at is not None:
        raise CaseMustWait(RESTORED, RESTORED_REMEDY)
    if settings.stopped_at is not None and case.kind != Case.Kind.RESTORE:
        reason = f": {settings.stop_reason}" if settings.stop_reason else "."
        raise CaseMustWait(f"All removals were stopped{reason}", "An admin can resume removals.")
    if not settings.may_act:
        raise CaseMustWait(
            "The connection can no longer take action: it was disconnected, or is in “Read” mode.",
            "An admin can reconnect it or change its mode under Integrations.",
        )


def check_before_run(
    case_id: int, account: AsanaUser | None, targets: Sequence[Target], now: datetime
) -> None:
    """Before a case begins or continues. `account`: as Asana shows it now; None if Asana no longer knows it.

    Keeps for the evidence what is known at this moment. Raises as `check_still_valid` does.
    """
    case = _read_again(case_id)
    if case.kind != Case.Kind.RESTORE:
        if account is None:
            raise StepFailed(
                "Asana no longer knows this account, although it lists a membership of it: the account was deleted "
                "or merged into another since the case was opened. Nothing was changed.",
                "Check in Asana whose account it is now, sync the connection, and cancel this case.",
            )
        remarks.compare_account(case, account.name, account.email)
    check_still_valid(case_id, targets, now)
    if case.person is not None and not any(one.sent_at for one in targets):
        facts = {**case.later_facts, "run": snapshot_of(case.person).as_json()}
        Case.objects.filter(pk=case_id).update(later_facts=facts)


def check_not_away(case_id: int, away: Away, now: datetime) -> None:
    """Asana shows the person out of office. Raises CaseMustWait, unless the directory says that they left."""
    case = _read_again(case_id)
    if has_left(case, now):
        return
    for blocker in out_of_office(replace(case_facts(case), away=away), now):
        # Looked at again each day: the entry may be changed or deleted in Asana. And at once when the directory says
        # that they left (removal.cases.directory_changes).
        until = min(blocker.until or now + LOOK_AGAIN_AFTER, now + LOOK_AGAIN_AFTER)
        raise CaseMustWait(blocker.reason, blocker.remedy, until, blocker.rule.value)


def has_left(case: Case, now: datetime) -> bool:
    """Whether the directory says so. Then an out-of-office entry is only left over."""
    if case.person is None:
        return False
    return employment_of(case.person, today_of(case, now)).status == Employee.Status.LEFT


def today_of(case: Case, now: datetime) -> date:
    """The day in the time zone of the case's connection."""
    return timezone.localdate(now, ZoneInfo(case.connection.time_zone if case.connection else "UTC"))


def check_still_valid(case_id: int, targets: Sequence[Target], now: datetime) -> None:
    """Reads the case again. Raises CaseSuperseded, CaseMustWait or StepFailed."""
    case = _read_again(case_id)
    if case.person is not None:
        restate([case.person.pk])  # who is removed is found out again, whatever is kept
    try:
        _recheck(case, now)
    except (CaseSuperseded, NoLongerRight) as why:
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


def _read_again(case_id: int) -> Case:
    return Case.objects.select_related("connection", "person__connection").get(pk=case_id)


def _recheck(case: Case, now: datetime) -> None:
    remarks.refresh(case, now)
    facts = case_facts(case)
    for blocker in permanent_blockers(facts):
        if blocker.rule == Rule.PROTECTED:
            raise StepFailed(blocker.reason, blocker.remedy)
        raise CaseMustWait(blocker.reason, blocker.remedy)
    if case.person is None or case.connection is None or case.kind == Case.Kind.RESTORE:
        return
    for blocker in contradictions(facts):
        if blocker.rule == Rule.EMPLOYMENT:
            raise NoLongerRight(blocker.reason, blocker.remedy)
        raise CaseMustWait(blocker.reason, blocker.remedy)
    if case.cause == Case.Cause.DIRECTORY:
        _check_last_day(case, now)
    if case.cause in Case.RESTS_ON_NO_USE:
        usage = PersonUsage.objects.filter(
            connection=case.connection_id, user_gid=case.person_gid, last_used_at__gt=case.opened_at
        ).first()
        if usage is not None:
            seat = "is not idle" if case.cause == Case.Cause.IDLE else "is needed after all"
            raise CaseSuperseded(f"They have used Asana since the case was opened, so the seat {seat}.")


def _check_last_day(case: Case, now: datetime) -> None:
    assert case.person is not None and case.connection is not None
    today = timezone.localdate(now, ZoneInfo(case.connection.time_zone))
    employment = employment_of(case.person, today)
    if employment.status == Employee.Status.LEAVING:
        Case.objects.filter(pk=case.pk).update(last_day=employment.last_day)
        last_day = f"{employment.last_day:%-d %b %Y}" if employment.last_day else "in the future"
        raise CaseMustWait(f"Their last day of work is now {last_day}.", "It runs after that day.")
