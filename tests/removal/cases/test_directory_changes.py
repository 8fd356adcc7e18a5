"""Cases that have not begun follow what the directory says."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from tests.support.removal.leaving import approved_case, comes_back, hires, ordinary_people, run_now
from usher.connections.models import Connection
from usher.directory.models import Employee
from usher.ledger.models import Entry
from usher.removal.cases.directory_changes import apply_directory_changes
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Person
from usher.sandbox import RunningSandbox


def leaves_in(person: Person, days: int) -> None:
    if not Employee.objects.filter(matches__person=person).exists():
        hires([person])
    Employee.objects.filter(matches__person=person).update(
        last_day=timezone.localdate() + timedelta(days=days)
    )


def test_a_last_day_that_moves_moves_the_case(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves_in(person, 10)
    case = approved_case(person)
    for days in (20, 3):
        leaves_in(person, days)
        assert apply_directory_changes(timezone.now()) == 1
        case.refresh_from_db()
        assert case.last_day == timezone.localdate() + timedelta(days=days)
        assert case.scheduled_for is not None
        assert case.scheduled_for.date() - timezone.localdate() == timedelta(days=days + 1)
    assert Entry.objects.filter(action="case.rescheduled").count() == 2
    assert apply_directory_changes(timezone.now()) == 0, "nothing has moved since"


def test_who_left_before_the_day_that_was_named_is_not_waited_for(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves_in(person, 10)
    case = approved_case(person)
    Employee.objects.filter(matches__person=person).update(is_active=False, ended_at=timezone.now())
    assert run_now(acme).done == 1
    case.refresh_from_db()
    assert case.state == CaseState.DONE


def test_who_works_here_again_has_the_case_kept_for_review(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves_in(person, 10)
    case = approved_case(person)
    comes_back(person)
    apply_directory_changes(timezone.now(), acme.pk)
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED, "it is not dropped: the return may be a mistake"
    assert [one["reason"] for one in case.held_by] == ["According to the directory, they work here again."]
    leaves_in(person, 10)
    apply_directory_changes(timezone.now(), acme.pk)
    case.refresh_from_db()
    assert case.held_by == [], "nothing contradicts it any more"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_listed": False}, "no longer lists them; nobody has said whether they left"),
        ({"on_leave": True}, "on leave"),
    ],
)
def test_who_is_listed_no_more_or_on_leave_has_the_case_kept_for_review(
    fields: dict[str, object], reason: str, sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves_in(person, 10)
    case = approved_case(person)
    comes_back(person)
    Employee.objects.filter(matches__person=person).update(**fields)
    apply_directory_changes(timezone.now(), acme.pk)
    assert run_now(acme, at=timezone.now() + timedelta(hours=1)).done == 0
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED
    assert reason in case.held_by[0]["reason"]


def test_cases_opened_by_hand_do_not_follow_the_directory(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    hires([person])
    case = approved_case(person)
    Case.objects.filter(pk=case.pk).update(cause=Case.Cause.BY_HAND)
    assert apply_directory_changes(timezone.now()) == 0


def test_a_last_day_is_over_when_it_is_over_where_the_connection_is(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    Connection.objects.filter(pk=acme.pk).update(time_zone="America/Los_Angeles")
    (person,) = ordinary_people(acme, 1)
    day = timezone.localdate() + timedelta(days=10)
    leaves_in(person, 10)
    case = approved_case(person)
    # The next day has begun in UTC, and is hours away in Los Angeles.
    evening = datetime.combine(day + timedelta(days=1), time(2), UTC)
    assert apply_directory_changes(evening) == 0
    case.refresh_from_db()
    assert case.last_day == day
    assert case.scheduled_for is not None
    assert case.scheduled_for > evening
