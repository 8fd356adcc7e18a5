"""The softer way, and the way back."""

import pytest

from tests.support.removal.leaving import APPROVER, REQUESTER, approved_case, leaves, ordinary_people, run_now
from tests.support.removal.midway import at_request, lost_after
from tests.support.removal.outcome import active_in
from usher.connections.models import Connection, Credentials
from usher.ledger.models import Entry
from usher.removal.cases import transitions
from usher.removal.cases.opening import CannotOpen, CaseRequest
from usher.removal.cases.transitions import CannotApprove
from usher.removal.cases.undo import undo
from usher.removal.models import Case, Guardrails, Step, Target
from usher.removal.states import CaseState
from usher.roster.models import Licence, Membership, Person, Status
from usher.sandbox import RunningSandbox


@pytest.fixture
def service(acme: Connection) -> None:
    Credentials.objects.filter(connection=acme).update(service_token="sandbox-service-1")


def downgrade(acme: Connection) -> tuple[Case, Membership]:
    (person,) = ordinary_people(acme, 1)
    membership = person.memberships.filter(workspace__is_organization=True, licence=Licence.MEMBER).first()
    assert membership
    wish = CaseRequest(kind=Case.Kind.DOWNGRADE, workspaces=[membership.workspace.gid])
    return approved_case(person, wish), membership


def licence_changes(sandbox: RunningSandbox) -> set[tuple[int, int]]:
    return {(one.took_effect, one.nothing_to_do) for one in sandbox.changes("licence_changes").values()}


def test_a_downgrade_frees_the_seat_and_keeps_the_account_and_the_work(
    sandbox: RunningSandbox, acme: Connection, service: None, guardrails: Guardrails
) -> None:
    case, membership = downgrade(acme)
    assert run_now(acme).done == 1
    membership.refresh_from_db()
    assert (membership.licence, membership.status) == (Licence.VIEW_ONLY, Status.ACTIVE)
    assert licence_changes(sandbox) == {(1, 0)}
    assert sandbox.changes("removals") == sandbox.changes("reassignments") == {}
    (entry,) = Entry.objects.filter(action="asana.licence_changed")
    assert entry.subject == str(case)


def test_a_downgrade_whose_answer_is_lost_is_made_once(
    sandbox: RunningSandbox, acme: Connection, service: None, guardrails: Guardrails
) -> None:
    case, _ = downgrade(acme)
    with lost_after(f"/scim/Users/{case.person_gid}", "503"):
        assert run_now(acme).done == 1
    assert licence_changes(sandbox) == {(1, 0)}
    assert Entry.objects.filter(action="asana.licence_changed").count() == 1


def test_a_downgrade_without_a_service_account_fails_and_says_what_is_needed(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    case, _ = downgrade(acme)
    assert run_now(acme).failed == 1
    case.refresh_from_db()
    assert "service account" in case.error
    assert "service-account token" in case.remedy
    assert case.steps.get(state=Step.State.FAILED).name == Step.Name.DOWNGRADE


def removed(acme: Connection) -> tuple[Case, Person]:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    assert run_now(acme).done == 1
    case.refresh_from_db()
    return case, person


def test_an_undone_removal_invites_to_where_they_were_removed_from(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    case, person = removed(acme)
    back = undo(case, REQUESTER, "It was a mistake")
    assert (back.undoes, back.state) == (case, CaseState.WAITING)
    transitions.approve(back, APPROVER)
    assert run_now(acme).done == 1
    assert active_in(sandbox, person) == {target.workspace_gid for target in case.targets.all()}
    assert {(one.took_effect, one.nothing_to_do) for one in sandbox.changes("adds").values()} == {(1, 0)}
    assert Entry.objects.filter(action="asana.user_invited").count() == case.targets.count()
    assert Membership.objects.filter(person=person, status=Status.ACTIVE).count() == case.targets.count()


def test_who_undoes_a_removal_cannot_approve_that(acme: Connection, guardrails: Guardrails) -> None:
    case, _ = removed(acme)
    back = undo(case, APPROVER)
    with pytest.raises(CannotApprove):
        transitions.approve(back, APPROVER)


def test_an_invitation_whose_answer_is_lost_is_made_once(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    case, _ = removed(acme)
    transitions.approve(undo(case, REQUESTER), APPROVER)
    with lost_after("/addUser", "reset"):
        assert run_now(acme).done == 1
    assert {(one.took_effect, one.nothing_to_do) for one in sandbox.changes("adds").values()} == {(1, 0)}


def test_who_is_back_already_is_not_invited(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    case, person = removed(acme)
    back = undo(case, REQUESTER)
    transitions.approve(back, APPROVER)
    for target in case.targets.all():
        sandbox.change(target.workspace_gid, person.gid, "return")
    assert run_now(acme).superseded == 1
    assert sandbox.changes("adds") == {}


def test_only_a_removal_that_was_done_can_be_undone(acme: Connection, guardrails: Guardrails) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    with pytest.raises(CannotOpen):
        undo(approved_case(person), REQUESTER)


def test_what_was_recorded_before_the_removal_stands_after_it(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """Even if the run was cut off after the removal and began anew."""
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    with at_request("POST", "/removeUser", lambda: None):
        run_now(acme)
    for target in case.targets.all():
        assert target.outcome == Target.Outcome.DONE
        assert {"teams", "tasks", "projects", "role"} <= set(target.recorded)
        assert all(task["name"] == "" for task in target.recorded["tasks"])  # type: ignore[attr-defined]
