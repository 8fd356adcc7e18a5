"""Asana may fail at any moment: before it does what it was asked for, or after."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.removal.leaving import approved_case, leaves, ordinary_people, run_now
from tests.support.removal.midway import lost_after, quick_retries
from tests.support.removal.outcome import assert_done_once, open_work_of
from usher.connections.models import Connection
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution.runner import run_due
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.sandbox import RunningSandbox

CASES, MOST_RUNS = 22, 8
WITHOUT_A_WORD = ["500", "502", "503", "504", "reset", "truncate-body", "broken-json", "latency"]
"""Faults after which nobody can say whether a change was made."""


@pytest.mark.parametrize(
    ("kinds", "seed"),
    [(WITHOUT_A_WORD, 1), (WITHOUT_A_WORD, 2), ([*WITHOUT_A_WORD, "429"], 3)],
    ids=["1", "2", "and a 429 now and then, even after the change was made"],
)
def test_faults_in_a_tenth_of_all_answers_change_nothing_in_the_end(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails, kinds: list[str], seed: int
) -> None:
    receiver, *people = ordinary_people(acme, CASES + 1)
    begun = []
    for person in people:
        leaves(person)
        case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
        begun.append((case, open_work_of(sandbox, person, receiver)))
    sandbox.post_faults(share=0.1, kinds=kinds, seed=seed, latency=0.05, retry_after=1)
    at = timezone.now()
    for _ in range(MOST_RUNS):
        run_now(acme, at=at)
        if not Case.objects.exclude(state=CaseState.DONE).exists():
            break
        at += timedelta(minutes=30)
    for case, work in begun:
        assert_done_once(sandbox, case, work, receiver, asked_once="429" not in kinds)


@pytest.mark.parametrize("fault", ["503", "reset", "truncate-body", "broken-json"])
def test_a_removal_whose_answer_is_lost_is_read_from_asana_and_not_sent_again(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails, fault: str
) -> None:
    person, receiver = ordinary_people(acme, 2)
    leaves(person)
    case = approved_case(person)
    work = open_work_of(sandbox, person, receiver)
    with lost_after("/removeUser", fault):
        assert run_now(acme).done == 1
    case.refresh_from_db()
    sent = case.calls.filter(path__endswith="/removeUser")
    assert sent.count() == len(work.workspaces)
    summaries = case.steps.filter(name="remove").values_list("found", flat=True)
    assert all("response was lost" in words for words in summaries)
    made = sandbox.changes("removals")
    assert {(one.took_effect, one.nothing_to_do) for one in made.values()} == {(1, 0)}


def test_a_case_waits_when_asana_is_down_and_goes_on_when_it_is_back(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    sandbox.post_faults(share=1, kinds=["502"])
    with quick_retries():
        assert run_now(acme).held == 1
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED
    assert "try again automatically" in case.held_by[0]["remedy"]
    sandbox.post_faults(share=0)
    assert asyncio.run(run_due(acme.pk)).done == 0, "not before the pause is over"
    assert run_now(acme, at=timezone.now() + timedelta(minutes=3)).done == 1
