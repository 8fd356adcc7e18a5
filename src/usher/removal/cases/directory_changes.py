"""Directory changes update open cases: a new last day moves a case, and what contradicts it holds it."""

from collections import defaultdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from usher.directory.employment.status import with_employment
from usher.directory.models import LEAVES, Employee, Remark
from usher.directory.remarks.questions import has_unanswered
from usher.directory.remarks.refresh import refresh_remarks
from usher.ledger.actors import SYSTEM
from usher.ledger.record import record
from usher.removal.cases.moves import HALTED
from usher.removal.cases.remarks import compare_with_people_list, differences
from usher.removal.guardrails.facts import case_facts, limits_of, standing_facts
from usher.removal.guardrails.rules import Rule, contradictions, earliest_start
from usher.removal.models import Approval, Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Person

FOLLOWED = (CaseState.WAITING, CaseState.SCHEDULED)
KEPT = (Rule.OUT_OF_OFFICE.value, HALTED)
"""What only a run finds out, and keeps until the next."""


def apply_directory_changes(now: datetime, connection_id: int | None = None) -> int:
    """Updates cases that have not started with what the directory says now. Returns how many last days moved.

    Nothing ends a case: whoever came back, is on leave or is listed no more has it held for review. Every case is
    also rechecked before it runs.
    """
    cases = Case.objects.filter(state__in=FOLLOWED, person__isnull=False).exclude(kind=Case.Kind.RESTORE)
    if connection_id is not None:
        cases = cases.filter(connection=connection_id)
    by_day: defaultdict[date, dict[int, Case]] = defaultdict(dict)
    for case in cases.select_related("connection", "person"):
        if case.person_id:
            by_day[_today(case, now)][case.person_id] = case
    return sum(_follow_all(by_person, today, now) for today, by_person in by_day.items())


def _today(case: Case, now: datetime) -> date:
    """Today in the connection's time zone, which decides whether a last day is over."""
    return timezone.localdate(now, ZoneInfo(case.connection.time_zone if case.connection else "UTC"))


def _follow_all(by_person: dict[int, Case], today: date, now: datetime) -> int:
    refresh_remarks(by_person, today)
    seen_changed = set(
        Remark.objects.filter(
            person__in=by_person, kind=Remark.Kind.ASANA_CHANGED, is_current=True
        ).values_list("person", flat=True)
    )
    moved = 0
    people = with_employment(Person.objects.filter(pk__in=by_person), today)
    for person in people.annotate(has_remarks=has_unanswered()):
        case, facts = by_person[person.pk], vars(person)
        changed = differences(case, person.name, person.email)
        if changed or person.pk in seen_changed:
            compare_with_people_list(case)
        if case.cause == Case.Cause.DIRECTORY and case.started_at is None:
            moved += _follow(case, facts, today)
        if facts["employee_status"] == Employee.Status.LEFT:
            _go_on_although_away(case, now)
        if changed or facts["has_remarks"] or facts["employee_status"] not in LEAVES or case.held_by:
            _keep_what_contradicts(case, now)
    return moved


def _follow(case: Case, employment: dict[str, object], today: date) -> bool:
    status, last_day = employment["employee_status"], employment["last_day"]
    if status == Employee.Status.LEAVING and isinstance(last_day, date):
        return last_day != case.last_day and _move_last_day(case, last_day)
    is_to_come = case.last_day is not None and case.last_day >= today
    return status == Employee.Status.LEFT and is_to_come and _move_last_day(case, None)


def _keep_what_contradicts(case: Case, now: datetime) -> None:
    """A case that is not due yet shows already what will hold it, beside what halted it. Of one that is due, its run
    keeps that.
    """
    if case.state != CaseState.SCHEDULED or case.scheduled_for is None or case.scheduled_for <= now:
        return
    held_by = [one for one in case.held_by if one["rule"] in KEPT] + [
        {"rule": one.rule.value, "reason": one.reason, "remedy": one.remedy}
        for one in contradictions(case_facts(case))
    ]
    Case.objects.filter(pk=case.pk, state=CaseState.SCHEDULED).exclude(held_by=held_by).update(
        held_by=held_by, changed_at=timezone.now()
    )


def _go_on_although_away(case: Case, now: datetime) -> None:
    """Who has left is not waited for, although Asana shows them out of office: the case is due at once."""
    if not any(one["rule"] == Rule.OUT_OF_OFFICE for one in case.held_by):
        return
    with transaction.atomic():
        locked = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        others = [one for one in locked.held_by if one["rule"] != Rule.OUT_OF_OFFICE]
        is_held = locked.state == CaseState.SCHEDULED and others != locked.held_by
        if not is_held or locked.scheduled_for is None or locked.scheduled_for <= now:
            return
        before = _dates(locked)
        locked.scheduled_for, locked.held_by = now, others
        locked.save(update_fields=["scheduled_for", "held_by", "changed_at"])
        record(
            SYSTEM,
            "case.rescheduled",
            str(locked),
            reason="The directory says that they left, so it no longer matters that Asana shows them out of office.",
            before=before,
            after=_dates(locked),
            connection=locked.connection_id,
        )
    case.scheduled_for, case.held_by = locked.scheduled_for, locked.held_by


def _move_last_day(case: Case, last_day: date | None) -> bool:
    """None: they have already left, so there is no day to wait for."""
    with transaction.atomic():
        locked = Case.objects.select_for_update(of=("self",)).select_related("connection").get(pk=case.pk)
        if locked.state not in FOLLOWED or locked.started_at is not None:
            return False
        before = _dates(locked)
        locked.last_day = last_day
        if locked.state == CaseState.SCHEDULED:
            facts, limits = standing_facts(locked), limits_of(Guardrails.get())
            locked.scheduled_for = earliest_start(
                limits, last_day, facts.time_zone, _approved_at(locked), removes=facts.removes
            )
        locked.save(update_fields=["last_day", "scheduled_for", "changed_at"])
        record(
            SYSTEM,
            "case.rescheduled",
            str(locked),
            before=before,
            after=_dates(locked),
            connection=locked.connection_id,
        )
    return True


def _approved_at(case: Case) -> datetime:
    first = case.approvals.filter(word=Approval.Word.APPROVED).order_by("at").first()
    return first.at if first else case.asked_at or case.opened_at


def _dates(case: Case) -> dict[str, str | None]:
    return {
        "last_day": case.last_day.isoformat() if case.last_day else None,
        "scheduled_for": case.scheduled_for.isoformat() if case.scheduled_for else None,
    }
