"""What a case does in Asana when it runs."""

import asyncio

from tests.support.removal.leaving import (
    APPROVER,
    REQUESTER,
    approved_case,
    comes_back,
    leaves,
    ordinary_people,
    run_now,
)
from usher.connections.models import Connection, Credentials, Mode
from usher.ledger.models import Entry
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution.preview import preview
from usher.removal.guardrails.settings import resume_removals, stop_removals
from usher.removal.models import Case, Guardrails, Step, Target
from usher.removal.states import CaseState
from usher.roster.models import Membership, Status
from usher.sandbox import RunningSandbox


def active_in_asana(sandbox: RunningSandbox, user_gid: str) -> bool:
    return any(
        m["user"] == user_gid and m["status"] == "active"
        for workspace in sandbox.truth()["workspaces"]
        for m in workspace["memberships"]
    )


def test_an_approved_leaver_is_removed_from_every_workspace_and_verified(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    assert case.state == CaseState.SCHEDULED
    report = run_now(acme)
    case.refresh_from_db()
    assert (report.done, case.state, case.error) == (1, CaseState.DONE, "")
    assert not active_in_asana(sandbox, person.gid)
    assert {target.outcome for target in case.targets.all()} == {Target.Outcome.DONE}
    assert not Membership.objects.filter(person=person, status=Status.ACTIVE).exists()
    assert all(step.state in (Step.State.DONE, Step.State.SKIPPED) for step in case.steps.all())
    removals = case.calls.filter(method="POST", path__endswith="/removeUser")
    assert [call.status for call in removals] == [200] * case.targets.count()
    assert Entry.objects.filter(action="asana.user_removed").count() == case.targets.count()


def test_work_is_handed_over_before_its_owner_is_removed(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, receiver = ordinary_people(acme, 2)
    leaves(person)
    case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, hand_over_to=receiver))
    found = asyncio.run(preview(case))
    writes = [(call.method, call.path) for call in found.calls if call.changes_something]
    run_now(acme)
    case.refresh_from_db()
    assert (case.state, case.error) == (CaseState.DONE, "")
    made = [(call.method, call.path.split("?")[0]) for call in case.calls.exclude(method="GET")]
    assert sorted(made) == sorted(writes)
    assert any(method == "PUT" for method, _ in made)


def test_who_comes_back_to_work_between_approval_and_run_is_not_removed(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    comes_back(person)
    run_now(acme)
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED, "kept for review"
    assert [one["reason"] for one in case.held_by] == ["According to the directory, they work here again."]
    assert active_in_asana(sandbox, person.gid)


def test_nothing_runs_while_removals_are_stopped(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    stop_removals(REQUESTER, "Something is odd")
    assert run_now(acme).held == 1
    case.refresh_from_db()
    assert [one["rule"] for one in case.held_by] == ["stopped"]
    resume_removals(REQUESTER)
    assert run_now(acme).done == 1


def test_a_connection_that_only_reads_holds_its_cases(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    acme.mode = Mode.READ
    acme.save()
    assert run_now(acme).held == 1
    case.refresh_from_db()
    assert [one["rule"] for one in case.held_by] == ["read_only"]
    assert active_in_asana(sandbox, person.gid)


def test_a_removed_person_can_be_invited_again(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    approved_case(person)
    run_now(acme)
    back = approved_case(person, CaseRequest(kind=Case.Kind.RESTORE, reason="Hired again"))
    run_now(acme)
    back.refresh_from_db()
    assert (back.state, back.error) == (CaseState.DONE, "")
    assert active_in_asana(sandbox, person.gid)


def test_a_licence_can_be_given_up_instead(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    Credentials.objects.filter(connection=acme).update(service_token="sandbox-service-1")
    (person,) = ordinary_people(acme, 1)
    organization = person.memberships.filter(workspace__is_organization=True).first()
    assert organization
    wish = CaseRequest(kind=Case.Kind.DOWNGRADE, workspaces=[organization.workspace.gid])
    case = transitions.approve(
        transitions.request_approval(opening.open_case(person, wish, REQUESTER), REQUESTER),
        APPROVER,
    )
    run_now(acme)
    case.refresh_from_db()
    organization.refresh_from_db()
    assert (case.state, case.error, organization.licence) == (CaseState.DONE, "", "view_only")
