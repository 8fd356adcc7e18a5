"""What halts a run that is under way: the stop switch, the mode, a token that is taken back."""

from datetime import timedelta

from django.utils import timezone

from tests.support.removal.leaving import (
    ADMIN,
    APPROVER,
    REQUESTER,
    approved_case,
    leaves,
    ordinary_people,
    run_now,
)
from tests.support.removal.midway import at_request, changes_after, quick_retries
from tests.support.removal.outcome import active_in, assert_done_once, open_work_of
from usher.connections.models import Connection, Credentials, Mode
from usher.ledger.models import Entry
from usher.removal.cases import transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.guardrails.settings import resume_removals, stop_removals
from usher.removal.models import Case, Guardrails, Target
from usher.removal.states import CaseState
from usher.roster.models import Person
from usher.sandbox import RunningSandbox


def busy(sandbox: RunningSandbox, connection: Connection, count: int = 1) -> tuple[list[Person], Person]:
    """People with several tasks to hand over, and who takes them."""
    *people, receiver = ordinary_people(connection, 30)
    found = [person for person in people if len(open_work_of(sandbox, person, receiver).tasks) >= 3]
    assert len(found) >= count
    return found[:count], receiver


def test_the_stop_switch_halts_before_the_next_task_is_handed_over(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,), receiver = busy(sandbox, acme)
    leaves(person)
    work = open_work_of(sandbox, person, receiver)
    case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
    first = next(iter(work.tasks))
    with at_request("PUT", f"/tasks/{first}", lambda: stop_removals(REQUESTER, "Odd"), after=True) as sent:
        assert run_now(acme).held == 1
    under_way = 5  # side by side, sent before the switch was pressed
    assert len(changes_after(sent)) < under_way
    assert not any("removeUser" in one for one in sent)
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED
    assert "stopped" in case.held_by[0]["reason"]
    assert active_in(sandbox, person) == work.workspaces
    resume_removals(ADMIN)
    assert run_now(acme).done == 1
    assert_done_once(sandbox, case, work, receiver)


def test_the_stop_switch_lets_what_was_removed_be_verified_and_halts_before_the_next_workspace(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person = next(one for one in ordinary_people(acme, 30) if len(active_in(sandbox, one)) >= 2)
    leaves(person)
    case = approved_case(person)
    with at_request("POST", "/removeUser", lambda: stop_removals(REQUESTER, "Odd"), after=True) as sent:
        run_now(acme)
    assert changes_after(sent) == []
    case.refresh_from_db()
    outcomes = sorted(target.outcome for target in case.targets.all())
    assert (case.state, outcomes) == (CaseState.SCHEDULED, [Target.Outcome.DONE, Target.Outcome.PENDING])
    assert len(active_in(sandbox, person)) == 1
    resume_removals(ADMIN)
    assert run_now(acme).done == 1
    assert active_in(sandbox, person) == set()


def test_a_connection_switched_to_read_in_the_middle_changes_nothing_any_more(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)

    def switch() -> None:
        Connection.objects.update(mode=Mode.READ)

    with at_request("GET", "/team_memberships", switch) as sent:
        assert run_now(acme).held == 1
    assert changes_after(sent) == []
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED
    assert "Read" in case.held_by[0]["reason"]
    Connection.objects.update(mode=Mode.ACT)
    assert run_now(acme).done == 1


def test_a_token_that_is_taken_back_in_the_middle_fails_nobody_and_begins_no_more_cases(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    people = ordinary_people(acme, 25)
    begun = []
    for person in people:
        leaves(person)
        begun.append(approved_case(person))
    with at_request("POST", "/removeUser", lambda: sandbox.post_faults(share=1, kinds=["401"]), nth=3):
        run_now(acme)
    states = [Case.objects.get(pk=case.pk).state for case in begun]
    assert CaseState.FAILED not in states
    assert states.count(CaseState.DONE) <= 3
    entries = Entry.objects.count()
    run_now(acme)
    assert Entry.objects.count() - entries <= 2 * 16, "what was halted waits, and the others do not begin"
    sandbox.post_faults(share=0)
    later = timezone.now() + timedelta(hours=1)
    run_now(acme, at=later)
    assert {Case.objects.get(pk=case.pk).state for case in begun} == {CaseState.DONE}
    made = sandbox.changes("removals")
    assert {one.took_effect for one in made.values()} == {1}


def test_a_connection_without_a_token_holds_its_cases_and_writes_no_ledger_each_minute(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    people = ordinary_people(acme, 3)
    for person in people:
        leaves(person)
        approved_case(person)
    Credentials.objects.all().delete()
    entries = Entry.objects.count()
    for _ in range(3):
        assert run_now(acme).held == 3
    assert Entry.objects.count() == entries
    for case in Case.objects.all():
        assert case.state == CaseState.SCHEDULED
        assert "no longer has tokens" in case.held_by[0]["reason"]


def test_asana_that_is_down_is_asked_again_after_longer_and_longer_pauses(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    sandbox.post_faults(share=1, kinds=["503"])
    at, pauses = timezone.now(), []
    with quick_retries():
        for _ in range(6):
            run_now(acme, at=at)
            case.refresh_from_db()
            assert case.state == CaseState.SCHEDULED
            assert case.scheduled_for
            pauses.append(case.scheduled_for - at)
            at = case.scheduled_for
    assert pauses == [timedelta(minutes=minutes) for minutes in (2, 4, 8, 16, 30, 30)]
    sandbox.post_faults(share=0)
    assert run_now(acme, at=at).done == 1


def test_a_case_cut_off_before_it_changed_anything_asks_the_guardrails_anew(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    transitions.begin(case, timezone.now())  # and its process died
    late = timezone.now() + timedelta(days=2)
    run_now(acme, at=late)
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED
    assert "more than 24 hours old" in case.held_by[0]["reason"]
    assert active_in(sandbox, person)


def test_an_invitation_runs_while_removals_are_stopped(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    approved_case(person)
    run_now(acme)
    stop_removals(REQUESTER, "That was wrong")
    back = approved_case(person, CaseRequest(kind=Case.Kind.RESTORE))
    assert run_now(acme).done == 1
    back.refresh_from_db()
    assert back.state == CaseState.DONE
    assert APPROVER.name in {one.by for one in back.approvals.all()}
