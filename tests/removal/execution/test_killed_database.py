"""The database may go away at any moment of a case: it goes on where it stood, and no change is made twice."""

from collections.abc import Iterator
from itertools import count

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection as database

from tests.removal.execution.test_killed import forks
from tests.support.removal.leaving import approved_case, leaves, ordinary_people
from tests.support.removal.outcome import assert_done_once, open_work_of
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.platform.locks import Lock, LockLost
from usher.platform.outages import is_outage
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution import steps
from usher.removal.execution.runner import run_due
from usher.removal.execution.step_context import StepContext, StepResult
from usher.removal.models import Case, Guardrails, Step
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.xdist_group("killed-removals")

STRIDE = 23
"""Between the points that are tried; `benchmarks.outages` breaks off at random ones."""


def end_session_with_the_lock() -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database"
            " WHERE datname = current_database() AND classid = %s",
            [Lock.REMOVALS.value],
        )


@pytest.fixture
def sandbox(settings: object) -> Iterator[RunningSandbox]:
    with running(people=200, seed=7, per_minute=0) as box:
        settings.USHER_ASANA_URL = box.url  # type: ignore[attr-defined]
        yield box


def test_sessions_that_break_off_at_a_point_of_a_case_change_nothing_in_its_end(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """One case for each point, with tasks and projects that are handed over. Nobody takes it up: its process lives."""
    *people, receiver = ordinary_people(acme, 60)
    with forks(sandbox) as starter:
        for point, person in zip(count(1, STRIDE), people, strict=False):
            leaves(person)
            case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
            work = open_work_of(sandbox, person, receiver)
            end = starter.run(acme, f"cut {point}")
            assert_done_once(sandbox, case, work, receiver, killed=end)
            if end == "ended":
                break
            assert end.startswith("cut at "), end
        else:
            raise AssertionError("not every point was reached")


def test_sessions_that_break_off_between_the_removal_and_its_commit_make_it_once(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    receiver, person = ordinary_people(acme, 2)
    leaves(person)
    case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
    work = open_work_of(sandbox, person, receiver)
    with forks(sandbox) as starter:
        end = starter.run(acme, "cut after POST /api/1.0/workspaces")
    assert end.startswith("cut at after POST"), end
    assert_done_once(sandbox, case, work, receiver, killed=end)


def test_who_has_lost_its_lock_stops_before_the_next_change_in_asana(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session with the lock is gone, all others live: another process may run the case by now."""
    receiver, person = ordinary_people(acme, 2)
    leaves(person)
    case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
    work = open_work_of(sandbox, person, receiver)
    remove = steps.STEPS[Step.Name.REMOVE]

    async def remove_without_lock(context: StepContext) -> StepResult:
        await sync_to_async(end_session_with_the_lock)()
        return await remove(context)

    monkeypatch.setitem(steps.STEPS, Step.Name.REMOVE, remove_without_lock)
    with pytest.raises(ExceptionGroup) as stopped:
        async_to_sync(run_due)(acme.pk)
    assert stopped.group_contains(LockLost)
    assert is_outage(stopped.value), "the worker waits for the database and takes the case up again"
    assert not any(key.endswith(f"/{person.gid}") for key in sandbox.changes("removals"))
    assert not Entry.objects.filter(subject=str(case), action="asana.user_removed").exists()

    monkeypatch.undo()
    async_to_sync(run_due)(acme.pk, wait=True)
    assert_done_once(sandbox, case, work, receiver)
