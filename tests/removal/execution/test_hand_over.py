"""Giving open tasks and owned projects to somebody else."""

import pytest

from tests.support.removal.leaving import ADMIN, approved_case, leaves, ordinary_people, run_now
from tests.support.removal.midway import at_request
from tests.support.removal.outcome import OpenWork, active_in, assert_done_once, open_work_of
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CannotOpen, CaseRequest
from usher.removal.models import Case, Guardrails, Step
from usher.removal.states import CaseState
from usher.roster.models import Person
from usher.sandbox import RunningSandbox

DIRECTORY = Case.Cause.DIRECTORY


def busiest(sandbox: RunningSandbox, connection: Connection) -> tuple[Person, Person, OpenWork]:
    """Who has the most to hand over, and to whom."""
    receiver, *people = ordinary_people(connection, 30)
    works = {person: open_work_of(sandbox, person, receiver) for person in people}
    person = max(works, key=lambda one: len(works[one].tasks) * bool(works[one].projects))
    assert works[person].tasks and works[person].projects
    return person, receiver, works[person]


def test_every_open_task_and_owned_project_goes_to_the_receiver_before_the_removal(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, receiver, work = busiest(sandbox, acme)
    leaves(person)
    case = approved_case(person, CaseRequest(cause=DIRECTORY, hand_over_to=receiver))
    with at_request("POST", "/removeUser", lambda: None) as sent:
        run_now(acme)
    assert_done_once(sandbox, case, work, receiver)
    assert not any(one.startswith("PUT") for one in sent[sent.index("--") :])
    here = active_in(sandbox, receiver)
    tasks = {task["gid"] for gid in here for task in sandbox.person(gid, receiver.gid)["open_tasks"]}
    assert work.tasks <= tasks
    projects = {one["gid"] for gid in here for one in sandbox.person(gid, receiver.gid)["owned_projects"]}
    assert work.projects <= projects


def test_without_a_receiver_nothing_is_handed_over(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, _, _ = busiest(sandbox, acme)
    leaves(person)
    case = approved_case(person)
    run_now(acme)
    case.refresh_from_db()
    assert case.state == CaseState.DONE
    assert sandbox.changes("reassignments") == {}
    assert not case.steps.filter(name=Step.Name.HAND_OVER).exists()


def test_what_asana_will_not_let_be_given_away_keeps_the_person_in_and_names_the_remedy(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """Nothing is lost unseen."""
    person, receiver, work = busiest(sandbox, acme)
    leaves(person)
    case = approved_case(person, CaseRequest(cause=DIRECTORY, hand_over_to=receiver))
    with at_request("PUT", "", lambda: sandbox.post_faults(share=1, kinds=["403"], seed=4)):
        assert run_now(acme).failed == 1
    sandbox.post_faults(share=0)
    case.refresh_from_db()
    assert case.state == CaseState.FAILED
    assert active_in(sandbox, person) == work.workspaces
    assert case.remedy
    transitions.try_again(case, ADMIN)
    assert run_now(acme).done == 1
    assert active_in(sandbox, person) == set()
    entries = Entry.objects.filter(subject=str(case), action="asana.work_handed_over")
    assert {gid for entry in entries for gid in entry.after["tasks"]} == work.tasks  # type: ignore[index]


def test_nobody_hands_over_to_themselves_to_strangers_or_to_who_is_gone(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, gone = ordinary_people(acme, 2)
    gone.memberships.update(status="not_active")
    for receiver in (person, gone):
        with pytest.raises(CannotOpen):
            opening.open_case(person, CaseRequest(hand_over_to=receiver), ADMIN)


def test_who_takes_over_and_leaves_in_the_same_run_passes_on_what_came(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usher.removal.execution.runner.AT_ONCE", 1)
    first, second, work = busiest(sandbox, acme)
    everywhere = active_in(sandbox, first) | active_in(sandbox, second)
    last = next(
        one
        for one in ordinary_people(acme, 30)
        if one not in (first, second) and everywhere <= active_in(sandbox, one)
    )
    own = open_work_of(sandbox, second, last)
    for person in (first, second):
        leaves(person)
    approved_case(first, CaseRequest(cause=DIRECTORY, hand_over_to=second))
    approved_case(second, CaseRequest(cause=DIRECTORY, hand_over_to=last))
    assert run_now(acme).done == 2
    reached = active_in(sandbox, last)
    owned = {one["gid"] for gid in reached for one in sandbox.person(gid, last.gid)["owned_projects"]}
    tasks = {one["gid"] for gid in reached for one in sandbox.person(gid, last.gid)["open_tasks"]}
    assert work.projects | own.projects <= owned
    assert work.tasks | own.tasks <= tasks
