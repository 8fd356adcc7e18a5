"""What happens at the same time: runners, cases at the limits, approvals, a cancel beside a beginning."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from tests.support.removal.leaving import (
    ADMIN,
    APPROVER,
    REQUESTER,
    approved_case,
    leaves,
    no_waiting,
    ordinary_people,
    run_now,
)
from tests.support.removal.midway import at_request
from tests.support.removal.outcome import active_in
from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.models import Entry
from usher.ledger.verify import Verification
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CannotOpen, CaseRequest
from usher.removal.cases.transitions import CannotApprove
from usher.removal.execution.runner import run_due
from usher.removal.guardrails.rules import Blocker
from usher.removal.models import Approval, Case, Guardrails, Target
from usher.removal.states import CaseState, WrongState
from usher.roster.models import Membership, Person, Role, Status
from usher.sandbox import RunningSandbox


def side_by_side(*verbs: Callable[[], object]) -> list[object]:
    """All at the same moment, each in a thread and database session of its own; what they gave or raised."""
    ready = Barrier(len(verbs))

    def one(verb: Callable[[], object]) -> object:
        ready.wait()
        try:
            return verb()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(one, verbs))


def waiting_case(person: Person) -> Case:
    leaves(person)
    return transitions.request_approval(
        opening.open_case(person, CaseRequest(reason="Left"), REQUESTER), REQUESTER
    )


def test_only_one_process_runs_the_cases_of_a_connection(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    for person in ordinary_people(acme, 4):
        leaves(person)
        approved_case(person)

    async def twice() -> list[object]:
        return await asyncio.gather(run_due(acme.pk), run_due(acme.pk), return_exceptions=True)

    first, second = asyncio.run(twice())
    assert sorted([type(first).__name__, type(second).__name__]) == ["AlreadyRunning", "RunReport"]
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.DONE}
    assert {(one.took_effect, one.nothing_to_do) for one in sandbox.changes("removals").values()} == {(1, 0)}


def test_who_waits_for_the_other_runner_finds_everything_done(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    for person in ordinary_people(acme, 4):
        leaves(person)
        approved_case(person)

    async def twice() -> int:
        reports = await asyncio.gather(run_due(acme.pk, wait=True), run_due(acme.pk, wait=True))
        return sum(report.done for report in reports)

    assert asyncio.run(twice()) == 4
    assert {one.took_effect for one in sandbox.changes("removals").values()} == {1}


def test_many_cases_side_by_side_never_go_over_the_daily_limit(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    no_waiting(daily_limit=7)
    people = ordinary_people(acme, 20)
    for person in people:
        leaves(person)
        approved_case(person)
    report = run_now(acme)
    assert (report.done, report.held) == (7, 13)
    gone = [person for person in people if not active_in(sandbox, person)]
    assert len(gone) == 7
    assert run_now(acme).done == 0
    Target.objects.filter(sent_at__isnull=False).update(sent_at=timezone.now() - timedelta(hours=25))
    assert run_now(acme).done == 7


def test_many_cases_side_by_side_never_take_more_than_the_share_of_a_workspace(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """A large share as well: those who are going are not counted twice as having been there."""
    no_waiting(share_limit=40)
    people = ordinary_people(acme, 40)
    before = {
        workspace.pk: workspace.memberships.filter(status=Status.ACTIVE).count()
        for workspace in acme.workspaces.all()
    }
    for person in people:
        leaves(person)
        approved_case(person)
    run_now(acme)
    for workspace in acme.workspaces.all():
        gone = Target.objects.filter(workspace=workspace, outcome=Target.Outcome.DONE).count()
        assert gone <= max(1, before[workspace.pk] * 40 // 100)
    assert Case.objects.filter(state=CaseState.SCHEDULED).exists()


def test_cases_that_begin_at_the_same_moment_count_each_other(
    acme: Connection, guardrails: Guardrails
) -> None:
    no_waiting(daily_limit=3)
    begun = []
    for person in ordinary_people(acme, 8):
        leaves(person)
        begun.append(approved_case(person))
    now = timezone.now()
    side_by_side(*[lambda case=case: transitions.begin(case, now) for case in begun])
    assert Case.objects.filter(state=CaseState.RUNNING).count() == 3


def test_a_case_that_failed_and_is_tried_again_a_day_later_counts_for_that_day(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """Not for the day on which it was first sent."""
    no_waiting(daily_limit=1)
    first, second = ordinary_people(acme, 2)
    leaves(first)
    case = approved_case(first)
    Target.objects.filter(case=case).update(sent_at=timezone.now() - timedelta(days=2))
    assert run_now(acme).done == 1
    leaves(second)
    approved_case(second)
    assert run_now(acme).held == 1


def test_two_people_who_approve_at_the_same_moment_are_both_kept(
    acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    case = waiting_case(person)
    ends = side_by_side(
        lambda: transitions.approve(case, APPROVER),
        lambda: transitions.approve(case, ADMIN),
    )
    assert all(isinstance(end, Case) for end in ends), ends
    assert sorted(case.approvals.values_list("by", flat=True)) == sorted([APPROVER.name, ADMIN.name])
    actions = Entry.objects.filter(subject=str(case)).values_list("action", flat=True)
    assert sorted(actions) == [
        "case.approved",
        "case.approved_again",
        "case.asked",
        "case.opened",
        "case.scheduled",
    ]
    assert list(Verification().problems()) == []


def test_one_person_who_approves_twice_at_the_same_moment_counts_once(
    acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    case = waiting_case(person)
    token = Actor("token", f"{APPROVER.name}: laptop", APPROVER.user_id, via="api")
    ends = side_by_side(
        lambda: transitions.approve(case, APPROVER),
        lambda: transitions.approve(case, token),
    )
    assert sum(isinstance(end, CannotApprove) for end in ends) == 1
    assert Approval.objects.count() == 1


def test_two_people_who_open_a_case_for_the_same_person_get_one(
    acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    ends = side_by_side(*[lambda: opening.open_case(person, CaseRequest(), REQUESTER)] * 2)
    assert sum(isinstance(end, CannotOpen) for end in ends) == 1
    assert Case.objects.count() == 1


@pytest.mark.parametrize("attempt", range(4))
def test_a_cancel_beside_a_beginning_ends_in_one_of_the_two(
    attempt: int, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    now = timezone.now()
    ends = side_by_side(lambda: transitions.begin(case, now), lambda: transitions.cancel(case, REQUESTER))
    case.refresh_from_db()
    assert sum(isinstance(end, WrongState) for end in ends) == 1
    assert case.state in (CaseState.RUNNING, CaseState.CANCELLED)


def test_a_case_can_be_cancelled_while_those_before_it_run(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usher.removal.execution.runner.AT_ONCE", 1)
    first, second = ordinary_people(acme, 2)
    leaves(first)
    leaves(second)
    approved_case(first)
    later = approved_case(second)
    with at_request("POST", "/removeUser", lambda: transitions.cancel(later, REQUESTER, reason="A mistake")):
        assert run_now(acme).done == 1
    later.refresh_from_db()
    assert later.state == CaseState.CANCELLED
    assert active_in(sandbox, second)


def test_a_running_case_cannot_be_tried_again_or_cancelled(acme: Connection, guardrails: Guardrails) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    transitions.begin(case, timezone.now())
    for verb in (lambda: transitions.try_again(case, ADMIN), lambda: transitions.cancel(case, ADMIN)):
        with pytest.raises(WrongState):
            verb()
    case.refresh_from_db()
    assert case.state == CaseState.RUNNING


def test_of_the_last_two_admins_one_is_kept(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    pair = last_two_admins(acme)
    for person in pair:
        leaves(person)
        approved_case(person)
    report = run_now(acme)
    assert (report.done, report.held) == (1, 1)
    assert sum(bool(active_in(sandbox, person)) for person in pair) == 1
    (held,) = Case.objects.filter(state=CaseState.SCHEDULED)
    assert held.held_by[0]["rule"] == "protected"


def test_an_admin_whose_removal_was_sent_and_not_yet_verified_counts_as_gone(
    acme: Connection, guardrails: Guardrails
) -> None:
    first, second = last_two_admins(acme)
    leaves(first)
    leaves(second)
    sent, other = approved_case(first), approved_case(second)
    transitions.begin(sent, timezone.now())
    Target.objects.filter(case=sent).update(sent_at=timezone.now())
    transitions.halt(sent, "Asana is down", "Wait")
    _, refused = transitions.begin(other, timezone.now())
    assert [one.rule for one in refused] == ["protected"]


def last_two_admins(acme: Connection) -> list[Person]:
    """Two people who are the only admins of a workspace, and in no other."""
    found = ordinary_people(acme, 30)
    one = next(person for person in found if person.memberships.count() == 1)
    workspace = one.memberships.get().workspace
    pair = [
        one,
        *[p for p in found if p != one and {m.workspace for m in p.memberships.all()} == {workspace}],
    ][:2]
    workspace.memberships.update(role=Role.MEMBER)
    assert Membership.objects.filter(workspace=workspace, person__in=pair).update(role=Role.ADMIN) == 2
    return pair


def test_a_cancel_at_the_moment_of_beginning_does_not_stop_the_other_cases(
    acme: Connection, guardrails: Guardrails, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ordinary_people(acme, 2)
    leaves(first)
    leaves(second)
    cancelled, other = approved_case(first), approved_case(second)
    begin = transitions.begin

    def begin_late(case: Case, now: datetime) -> tuple[Case, list[Blocker]]:
        if case.pk == cancelled.pk:
            transitions.cancel(case, REQUESTER)
        return begin(case, now)

    monkeypatch.setattr(transitions, "begin", begin_late)
    assert run_now(acme).done == 1
    assert Case.objects.get(pk=cancelled.pk).state == CaseState.CANCELLED
    assert Case.objects.get(pk=other.pk).state == CaseState.DONE
