"""The states of a case as a machine: whatever is done in whatever order, only what is allowed happens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.removal.leaving import APPROVER, leaves, no_waiting, ordinary_people, run_now
from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.models import Entry
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CannotOpen, CaseRequest
from usher.removal.cases.transitions import CannotApprove
from usher.removal.guardrails.settings import resume_removals, stop_removals
from usher.removal.models import Approval, Case, Guardrails
from usher.removal.states import CANCELLABLE, CLOSED, NEXT_STATES, OPEN, CaseState, WrongState
from usher.roster.models import Person
from usher.sandbox import RunningSandbox

WHO = [
    Actor("person", f"{name}@example.com", number) for number, name in enumerate(("olga", "bob", "ada"), 1)
]
VERBS = ("asked", "approve", "refuse", "cancel", "begin", "halt", "fail", "finish", "supersede", "again")

ACTIONS: dict[CaseState, set[str]] = {
    CaseState.DRAFT: {"case.opened"},
    CaseState.WAITING: {"case.asked", "case.approval_lapsed"},
    CaseState.APPROVED: {"case.approved", "case.asked"},
    CaseState.SCHEDULED: {"case.scheduled", "case.halted", "case.tried_again"},
    CaseState.RUNNING: {"case.begun"},
    CaseState.DONE: {"case.done"},
    CaseState.FAILED: {"case.failed"},
    CaseState.CANCELLED: {"case.cancelled", "case.refused"},
    CaseState.SUPERSEDED: {"case.superseded"},
}
"""What the ledger may say of a case that comes to a state."""


def test_what_is_open_can_end_and_what_is_closed_stays_so() -> None:
    assert set(CaseState) == OPEN | CLOSED
    for state in OPEN:
        reached, seen = {state}, set[CaseState]()
        while reached - seen:
            seen |= reached
            reached = {after for one in reached for after in NEXT_STATES[one]}
        assert CaseState.DONE in seen
        assert seen & {CaseState.CANCELLED, CaseState.SUPERSEDED}
    assert CaseState.RUNNING not in CANCELLABLE


def machine(people: list[Person], sandbox: RunningSandbox) -> type[RuleBasedStateMachine]:
    """Over the verbs and the real database. What one example did is undone before the next."""

    class Cases(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.example = transaction.atomic()
            self.example.__enter__()
            self.seen: dict[int, list[CaseState]] = {}
            self.stopped = False

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

        def case(self, number: int) -> Case | None:
            found = list(Case.objects.order_by("pk"))
            return found[number % len(found)] if found else None

        def tried(self, verb: Callable[[], object]) -> bool:
            """Whether it was allowed. Where not, nothing has changed."""
            before = (list(Case.objects.values_list("pk", "state")), Approval.objects.count())
            entries = Entry.objects.count()
            try:
                verb()
            except (WrongState, CannotOpen, CannotApprove) as error:
                assert error.message.strip() and error.remedy.strip()
                assert before == (list(Case.objects.values_list("pk", "state")), Approval.objects.count())
                assert entries == Entry.objects.count()
                return False
            return True

        @rule(person=st.sampled_from(people), by=st.sampled_from(WHO))
        def open_one(self, person: Person, by: Actor) -> None:
            has_one = Case.objects.filter(person=person, state__in=sorted(OPEN)).exists()
            is_opened = self.tried(lambda: opening.open_case(person, CaseRequest(reason="Left"), by))
            assert is_opened != has_one

        @precondition(lambda self: self.case(0))
        @rule(
            number=st.integers(0, 20),
            verb=st.sampled_from(VERBS),
            by=st.sampled_from(WHO),
            role=st.sampled_from(["operator", "approver", "admin"]),
        )
        def do(self, number: int, verb: str, by: Actor, role: str) -> None:
            by = replace(by, role=role)
            case = self.case(number)
            assert case is not None
            before = CaseState(case.state)
            verbs: dict[str, Callable[[], object]] = {
                "asked": lambda: transitions.request_approval(case, by),
                "approve": lambda: transitions.approve(case, by),
                "refuse": lambda: transitions.reject(case, by),
                "cancel": lambda: transitions.cancel(case, by),
                "begin": lambda: transitions.begin(case, timezone.now() + timedelta(seconds=1)),
                "halt": lambda: transitions.halt(case, "Odd", "Wait"),
                "fail": lambda: transitions.fail(case, "Odd", "Look"),
                "finish": lambda: transitions.finish(case, "Done"),
                "supersede": lambda: transitions.supersede(case, "Gone already"),
                "again": lambda: transitions.try_again(case, by),
            }
            is_done = self.tried(verbs[verb])
            case.refresh_from_db()
            if verb == "again":
                assert is_done == (before == CaseState.FAILED)
            if verb == "cancel":
                assert is_done == (before in CANCELLABLE)
            if verb == "approve" and is_done:
                assert by.user_id not in (case.opened_by_id, case.asked_by_id)
            if verb == "begin" and case.state == CaseState.RUNNING and before != CaseState.RUNNING:
                assert not self.stopped

        @rule(stop=st.booleans())
        def stop_or_resume(self, stop: bool) -> None:
            (stop_removals if stop else resume_removals)(WHO[2])
            self.stopped = stop

        @invariant()
        def only_allowed_steps_were_taken_and_the_ledger_knows_each(self) -> None:
            for case in Case.objects.all():
                entries = Entry.objects.filter(subject=str(case)).order_by("number")
                states = [(entry.action, entry.before, entry.after) for entry in entries]
                assert states[0][0] == "case.opened"
                at = CaseState.DRAFT
                for action, before, after in states[1:]:
                    if action == "case.approved_again":
                        assert at == CaseState.SCHEDULED
                        continue
                    assert isinstance(before, dict) and isinstance(after, dict)
                    assert before["state"] == at
                    wanted = CaseState(after["state"])
                    assert wanted in NEXT_STATES[at]
                    assert action in ACTIONS[wanted]
                    at = wanted
                assert at == case.state

        @invariant()
        def a_person_has_one_open_case(self) -> None:
            held = list(Case.objects.filter(state__in=sorted(OPEN)).values_list("person", flat=True))
            assert len(held) == len(set(held))

        @invariant()
        def nothing_ran_without_another_persons_word(self) -> None:
            for case in Case.objects.filter(started_at__isnull=False):
                others = case.approvals.filter(word=Approval.Word.APPROVED).exclude(
                    by_id__in=[case.opened_by_id, case.asked_by_id]
                )
                assert others.exists()

        @invariant()
        def asana_was_not_touched(self) -> None:
            assert sandbox.changes("removals") == {}

    return Cases


def test_verbs_in_any_order_take_only_allowed_steps(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    run_state_machine_as_test(
        machine(ordinary_people(acme, 3), sandbox),
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("state", [CaseState.DRAFT, CaseState.WAITING, CaseState.CANCELLED])
def test_a_run_removes_nobody_whose_case_is_not_approved(
    state: CaseState, sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = opening.open_case(person, CaseRequest(reason="Left"), WHO[0])
    if state != CaseState.DRAFT:
        case = transitions.request_approval(case, WHO[0])
    if state == CaseState.CANCELLED:
        transitions.reject(case, WHO[1])
    run_now(acme)
    assert sandbox.changes("removals") == {}


def test_a_case_that_was_scheduled_without_an_approval_waits_when_one_is_needed_again(
    sandbox: RunningSandbox, acme: Connection
) -> None:
    no_waiting(needs_approval=False)
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = transitions.request_approval(opening.open_case(person, CaseRequest(reason="Left"), WHO[0]), WHO[0])
    assert case.state == CaseState.SCHEDULED
    no_waiting(needs_approval=True)
    assert run_now(acme).held == 1
    assert sandbox.changes("removals") == {}
    transitions.approve(case, APPROVER)
    assert run_now(acme).done == 1
