"""Who is back at work, gone already or using Asana again is not removed; whose last day moves, later."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests.support.removal.leaving import (
    ADMIN,
    approved_case,
    comes_back,
    hires,
    leaves,
    no_waiting,
    ordinary_people,
    run_now,
)
from tests.support.removal.midway import at_request, changes_after
from tests.support.removal.outcome import active_in, open_work_of
from usher.activity.models import PersonUsage
from usher.connections.models import Connection
from usher.directory.models import Employee, Match
from usher.ledger.models import Entry
from usher.removal.cases import transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import Case, Guardrails, Step, Target
from usher.removal.states import CaseState
from usher.sandbox import RunningSandbox

DIRECTORY = Case.Cause.DIRECTORY


@pytest.mark.parametrize("at", ["GET /workspace_memberships", "GET /team_memberships", "GET /tasks"])
def test_who_comes_back_to_work_while_the_case_runs_is_not_removed(
    at: str, sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    method, path = at.split()
    with at_request(method, path, lambda: comes_back(person)) as sent:
        run_now(acme)
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED, "kept for review"
    assert case.held_by[0]["reason"] == "According to the directory, they work here again."
    assert run_now(acme).held == 1, "and it stays so"
    assert changes_after(sent) == []
    assert active_in(sandbox, person)


def test_who_comes_back_before_a_failed_removal_is_tried_again_is_not_removed(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """Asana refused the first time: what was sent then was not done."""
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    with at_request("POST", "/removeUser", lambda: sandbox.post_faults(share=1, kinds=["403"])):
        assert run_now(acme).failed == 1
    sandbox.post_faults(share=0)
    case.refresh_from_db()
    assert case.state == CaseState.FAILED
    comes_back(person)
    assert active_in(sandbox, person), "refused before anything was done"
    transitions.try_again(case, ADMIN)
    assert run_now(acme).held == 1
    case.refresh_from_db()
    assert [one["rule"] for one in case.held_by] == ["employment"]
    assert active_in(sandbox, person)


def test_who_comes_back_between_two_workspaces_is_left_in_the_second_and_somebody_is_told(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person = next(one for one in ordinary_people(acme, 30) if len(active_in(sandbox, one)) >= 2)
    leaves(person)
    case = approved_case(person)
    with at_request("POST", "/removeUser", lambda: comes_back(person), after=True) as sent:
        assert run_now(acme).failed == 1
    assert changes_after(sent) == []
    case.refresh_from_db()
    assert "work here again" in case.error
    assert "removed from" in case.error
    assert "invite them again" in case.remedy
    assert len(active_in(sandbox, person)) == 1


def test_who_comes_back_after_the_work_was_handed_over_is_told_of(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    *people, receiver = ordinary_people(acme, 30)
    person = next(one for one in people if open_work_of(sandbox, one, receiver).tasks)
    leaves(person)
    case = approved_case(person, CaseRequest(cause=DIRECTORY, hand_over_to=receiver))
    with at_request("PUT", "", lambda: comes_back(person)):
        assert run_now(acme).failed == 1
    case.refresh_from_db()
    assert "their work was handed over" in case.error
    assert active_in(sandbox, person)


def test_whom_somebody_else_removed_is_told_as_gone_already(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    for workspace in active_in(sandbox, person):
        sandbox.change(workspace, person.gid, "leave")
    assert run_now(acme).superseded == 1
    case.refresh_from_db()
    assert "already removed" in case.outcome
    assert not Entry.objects.filter(action="asana.user_removed").exists()
    assert sandbox.changes("removals") == {}


def test_whom_somebody_else_removes_a_moment_before_is_told_as_gone_already(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person = next(one for one in ordinary_people(acme, 30) if len(active_in(sandbox, one)) == 1)
    leaves(person)
    case = approved_case(person)
    (workspace,) = active_in(sandbox, person)
    with at_request("POST", "/removeUser", lambda: sandbox.change(workspace, person.gid, "leave")):
        assert run_now(acme).done == 1
    case.refresh_from_db()
    assert case.outcome == "There was nothing to do."
    assert case.targets.get().outcome == Target.Outcome.ALREADY
    assert not Entry.objects.filter(action="asana.user_removed").exists()


def test_an_idle_seat_that_is_used_again_is_kept(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    used, idle = ordinary_people(acme, 2)
    cases_of = [approved_case(person, CaseRequest(cause=Case.Cause.IDLE)) for person in (used, idle)]
    now = timezone.now()
    for person, last_used_at in ((used, now), (idle, now - timedelta(days=90))):
        PersonUsage.objects.create(
            connection=acme, user_gid=person.gid, as_of=now.date(), last_used_at=last_used_at
        )
    report = run_now(acme)
    assert (report.superseded, report.done) == (1, 1)
    cases_of[0].refresh_from_db()
    assert "not idle" in cases_of[0].outcome
    assert active_in(sandbox, used)


def test_a_last_day_that_moves_later_is_waited_for(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    today = timezone.now().date()
    (employee,) = hires([person], last_day=today)
    case = approved_case(person)
    assert case.last_day == today
    Employee.objects.filter(pk=employee.pk).update(last_day=today + timedelta(days=5))
    tomorrow = timezone.now() + timedelta(days=1, hours=1)
    fresh(acme, tomorrow)
    assert run_now(acme, at=tomorrow).done == 0
    case.refresh_from_db()
    assert (case.state, case.last_day) == (CaseState.SCHEDULED, today + timedelta(days=5))
    assert case.scheduled_for is not None
    assert case.scheduled_for > tomorrow
    over = timezone.now() + timedelta(days=6, hours=1)
    fresh(acme, over)
    assert run_now(acme, at=over).done == 1


def test_whom_the_directory_no_longer_knows_is_kept(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    Match.objects.filter(person=person).delete()
    assert run_now(acme).held == 1
    case.refresh_from_db()
    assert "no longer says" in case.held_by[0]["reason"]
    assert active_in(sandbox, person)


def test_a_roster_older_than_a_day_holds_every_case(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    fresh(acme, timezone.now() - timedelta(hours=25))
    assert run_now(acme).held == 1
    case.refresh_from_db()
    assert [one["rule"] for one in case.held_by] == ["roster_age"]
    assert not case.steps.exclude(state=Step.State.PENDING).exists()
    fresh(acme, timezone.now())
    assert run_now(acme).done == 1


def test_nobody_is_removed_on_their_last_day_in_the_zone_of_the_connection(
    sandbox: RunningSandbox, acme: Connection
) -> None:
    no_waiting()
    acme.time_zone = "Pacific/Auckland"
    acme.save()
    (person,) = ordinary_people(acme, 1)
    hires([person], last_day=date(2030, 6, 10))
    case = approved_case(person)
    assert case.scheduled_for
    assert case.scheduled_for.isoformat() == "2030-06-10T12:00:00+00:00"


def fresh(connection: Connection, at: object) -> None:
    Connection.objects.filter(pk=connection.pk).update(last_synced_at=at)
