"""A removal waits while Asana shows the person out of office, unless the directory says that they left."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.removal.leaving import approved_case, hires, leaves, ordinary_people, run_now
from usher.connections.models import Connection
from usher.directory.models import Employee
from usher.ledger.models import Entry
from usher.removal.cases.directory_changes import apply_directory_changes
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution.preview import preview
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Person
from usher.sandbox import RunningSandbox

BY_HAND = CaseRequest(cause=Case.Cause.BY_HAND, reason="Asked by their manager")


def _case_of(acme: Connection) -> tuple[Person, Case]:
    (person,) = ordinary_people(acme, 1)
    hires([person])
    return person, approved_case(person, BY_HAND)


def test_who_is_out_of_office_is_not_removed_before_they_are_back(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, case = _case_of(acme)
    today = timezone.localdate()
    sandbox.out_of_office(person.gid, today - timedelta(days=2), today + timedelta(days=1))
    assert run_now(acme).held == 1
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED
    assert "out of office until" in case.held_by[0]["reason"]
    assert case.scheduled_for is not None
    assert timezone.now() < case.scheduled_for <= timezone.now() + timedelta(days=1)
    assert sandbox.changes("removals") == {}
    assert run_now(acme).held == 0, "it is not due"
    later = timezone.now() + timedelta(days=1, hours=1)
    assert run_now(acme, at=later).held == 1, "the last sync is too old by then, and they are still away"
    assert sandbox.changes("removals") == {}


def test_who_is_held_goes_at_once_when_the_directory_says_that_they_left(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, case = _case_of(acme)
    sandbox.out_of_office(person.gid, timezone.localdate() - timedelta(days=2), None)
    assert run_now(acme).held == 1
    assert run_now(acme).held == 0, "not due before tomorrow"
    case.refresh_from_db()
    assert [one["rule"] for one in case.held_by] == ["out_of_office"], "the page still says why"
    Employee.objects.filter(matches__person=person).update(is_active=False, ended_at=timezone.now())
    assert run_now(acme).done == 1
    entry = Entry.objects.get(action="case.rescheduled")
    assert "they left" in entry.reason


def test_who_is_on_leave_or_leaves_later_is_waited_for(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, case = _case_of(acme)
    sandbox.out_of_office(person.gid, timezone.localdate() - timedelta(days=2), None)
    assert run_now(acme).held == 1
    case.refresh_from_db()
    due = case.scheduled_for
    last_day = timezone.localdate() + timedelta(days=9)
    for fields in ({"on_leave": True}, {"on_leave": False, "last_day": last_day}):
        Employee.objects.filter(matches__person=person).update(**fields)
        apply_directory_changes(timezone.now())
        case.refresh_from_db()
        assert (case.state, case.scheduled_for) == (CaseState.SCHEDULED, due)


def test_a_case_that_waits_for_something_else_is_not_begun_because_they_left(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, case = _case_of(acme)
    later = timezone.now() + timedelta(minutes=20)
    held_by = [{"rule": "halted", "reason": "Asana did not answer.", "remedy": ""}]
    Case.objects.filter(pk=case.pk).update(scheduled_for=later, held_by=held_by)
    Employee.objects.filter(matches__person=person).update(is_active=False, ended_at=timezone.now())
    apply_directory_changes(timezone.now())
    case.refresh_from_db()
    assert (case.scheduled_for, case.held_by) == (later, held_by)


def test_an_entry_that_is_deleted_in_asana_holds_nothing_from_the_next_look_on(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, case = _case_of(acme)
    sandbox.out_of_office(person.gid, timezone.localdate() - timedelta(days=2), None)
    assert run_now(acme).held == 1
    asana_person = sandbox.company.person_by_gid(person.gid)
    assert asana_person is not None
    sandbox.sandbox.absences.clear(asana_person)
    Case.objects.filter(pk=case.pk).update(scheduled_for=timezone.now())
    assert run_now(acme).done == 1


def test_who_left_according_to_the_directory_is_removed_although_they_are_away(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    sandbox.out_of_office(person.gid, timezone.localdate() - timedelta(days=2), None)
    found = asyncio.run(preview(case)).absence
    assert found is not None
    assert not found.holds
    assert "The directory says that they left" in found.words
    assert run_now(acme).done == 1


@pytest.mark.parametrize(("first", "last"), [(-9, -1), (1, 9)], ids=["over", "to come"])
def test_an_absence_on_other_days_holds_nothing(
    first: int, last: int, sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, _ = _case_of(acme)
    today = timezone.localdate()
    sandbox.out_of_office(person.gid, today + timedelta(days=first), today + timedelta(days=last))
    assert run_now(acme).done == 1


def test_where_it_cannot_be_read_it_holds_nothing_and_the_preview_says_so(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, case = _case_of(acme)
    sandbox.out_of_office(person.gid, timezone.localdate(), None)
    sandbox.sandbox.shows_absences = False
    found = asyncio.run(preview(case)).absence
    assert found is not None
    assert not found.holds
    assert found.words.startswith("Usher cannot read whether they are out of office")
    assert run_now(acme).done == 1
    assert "could not be read" in case.steps.get(name="recheck").found


def test_the_preview_says_until_when_it_waits(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, case = _case_of(acme)
    last = timezone.localdate() + timedelta(days=3)
    sandbox.out_of_office(person.gid, timezone.localdate(), last)
    found = asyncio.run(preview(case)).absence
    assert found is not None
    assert found.holds
    assert f"{last:%-d %b %Y}" in found.words
