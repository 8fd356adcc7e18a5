"""What the page of a case can do, over REST: drafts, running again, undoing. Each is in the ledger."""

from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.support.removal.company import a_company, left, people
from tests.support.removal.leaving import (
    REQUESTER,
    approved_case,
    leaves,
    no_waiting,
    ordinary_people,
    run_now,
)
from tests.support.rest import api_of
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Person, Workspace
from usher.sandbox import RunningSandbox

OPERATOR, APPROVER, VIEWER = UserRole.OPERATOR, UserRole.APPROVER, UserRole.VIEWER


def sent(program: Client, method: str, address: str, **body: object) -> tuple[int, dict[str, Any]]:
    answer = getattr(program, method)(f"/api/v1/{address}", body, content_type="application/json")
    return answer.status_code, answer.json()


def actions_of(case: int) -> list[str]:
    entries = Entry.objects.filter(subject__startswith=f"case {case}:").order_by("number")
    return list(entries.values_list("action", flat=True))


@pytest.fixture
def place(db: None) -> Workspace:
    no_waiting()
    return a_company()


def a_draft(program: Client, person: Person, **fields: object) -> dict[str, Any]:
    body = {"connection": "Acme", "person": person.gid, "draft": True, **fields}
    status, case = sent(program, "post", "cases", **body)
    assert (status, case["state"]) == (201, "draft")
    return case


def test_a_draft_is_kept_changed_and_its_approval_requested(place: Workspace) -> None:
    (person,) = left(place, 1)
    (receiver,) = people(place, 1, "Receiver")
    program = api_of(OPERATOR)
    draft = a_draft(program, person)
    assert (draft["person"], draft["hand_over_to"]) == (person.pk, None)
    number = draft["case"]
    status, changed = sent(
        program,
        "patch",
        f"cases/{number}",
        reason="Left on Friday",
        hand_over_to=receiver.email,
        version=draft["version"],
    )
    assert (status, changed["reason"], changed["hand_over_to"]) == (200, "Left on Friday", receiver.email)
    assert changed["version"] != draft["version"]
    status, requested = sent(program, "post", f"cases/{number}/request-approval", version=changed["version"])
    assert (status, requested["state"]) == (200, "waiting")
    assert actions_of(number) == ["case.opened", "case.changed", "case.asked"]


def test_what_is_not_named_stays_as_it_is_and_null_hands_over_to_nobody(place: Workspace) -> None:
    (person,) = left(place, 1)
    (receiver,) = people(place, 1, "Receiver")
    program = api_of(OPERATOR)
    number = a_draft(program, person, reason="Left", hand_over_to=receiver.gid)["case"]
    _, changed = sent(program, "patch", f"cases/{number}", reason="Left early")
    assert (changed["reason"], changed["hand_over_to"]) == ("Left early", receiver.email)
    _, changed = sent(program, "patch", f"cases/{number}", hand_over_to=None)
    assert (changed["reason"], changed["hand_over_to"]) == ("Left early", None)


def test_what_was_read_and_has_changed_since_is_neither_changed_nor_requested(place: Workspace) -> None:
    (person,) = left(place, 1)
    program = api_of(OPERATOR)
    draft = a_draft(program, person)
    sent(program, "patch", f"cases/{draft['case']}", reason="Another one")
    for method, address, body in (
        ("patch", f"cases/{draft['case']}", {"reason": "Mine"}),
        ("post", f"cases/{draft['case']}/request-approval", {}),
    ):
        status, refused = sent(program, method, address, version=draft["version"], **body)
        assert (status, "has changed since you read it: the reason" in refused["message"]) == (409, True)


def test_whoever_changes_a_draft_cannot_approve_it(place: Workspace) -> None:
    (person,) = left(place, 1)
    number = a_draft(api_of(OPERATOR), person)["case"]
    sent(api_of(APPROVER), "patch", f"cases/{number}", reason="Left, says the manager")
    sent(api_of(OPERATOR), "post", f"cases/{number}/request-approval")
    status, refused = sent(api_of(APPROVER), "post", f"cases/{number}/approve")
    assert (status, refused["message"]) == (409, "You cannot approve a case that you requested.")


def test_work_is_handed_over_to_somebody_active_in_the_same_account_alone(place: Workspace) -> None:
    (person,) = left(place, 1)
    elsewhere = a_workspace(a_connection("Globex"), "Globex", "globex.example")
    stranger = a_member(elsewhere, "Stranger", "stranger@globex.example").person
    program = api_of(OPERATOR)
    number = a_draft(program, person)["case"]
    assert sent(program, "patch", f"cases/{number}", hand_over_to=stranger.email)[0] == 404
    assert sent(program, "patch", f"cases/{number}", hand_over_to=person.email)[0] == 409
    assert Case.objects.get(pk=number).hand_over_gid == ""


def test_once_approval_is_requested_the_draft_is_no_longer_changed(place: Workspace) -> None:
    (person,) = left(place, 1)
    program = api_of(OPERATOR)
    number = a_draft(program, person)["case"]
    sent(program, "post", f"cases/{number}/request-approval")
    assert sent(program, "patch", f"cases/{number}", reason="Too late")[0] == 409
    assert sent(program, "post", f"cases/{number}/request-approval")[0] == 409


def test_a_draft_is_discarded_by_cancelling_it(place: Workspace) -> None:
    (person,) = left(place, 1)
    program = api_of(OPERATOR)
    number = a_draft(program, person)["case"]
    status, case = sent(program, "post", f"cases/{number}/cancel", note="Wrong person")
    assert (status, case["state"]) == (200, "cancelled")


def test_a_failed_case_is_run_again(place: Workspace) -> None:
    (person,) = left(place, 1)
    case = approved_case(person)
    Case.objects.filter(pk=case.pk).update(state=CaseState.FAILED, error="Asana did not answer.")
    ProcrastinateJob.objects.all()._raw_delete("default")
    status, again = sent(api_of(OPERATOR), "post", f"cases/{case.pk}/try-again")
    assert (status, again["state"], again["error"]) == (200, "scheduled", None)
    assert actions_of(case.pk)[-1] == "case.tried_again"
    assert ProcrastinateJob.objects.filter(task_name="usher.removal.jobs.run_cases").count() == 1
    assert sent(api_of(OPERATOR), "post", f"cases/{case.pk}/try-again")[0] == 409


def test_a_removal_is_undone_by_an_approver(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    run_now(acme)
    assert sent(api_of(OPERATOR), "post", f"cases/{case.pk}/undo")[0] == 403
    status, restoring = sent(api_of(APPROVER), "post", f"cases/{case.pk}/undo", note="They came back")
    assert (status, restoring["kind"], restoring["state"]) == (201, "restore", "waiting")
    assert restoring["reason"] == "They came back"
    assert Case.objects.get(pk=restoring["case"]).undoes_id == case.pk
    assert sent(api_of(APPROVER), "post", f"cases/{case.pk}/undo")[0] == 409  # one is open


def test_what_a_stored_case_would_do_is_read_from_asana_and_kept_for_its_evidence(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    number = a_draft(api_of(OPERATOR), person, reason="Left")["case"]
    assert sent(api_of(VIEWER), "post", f"cases/{number}/preview")[0] == 403
    status, preview = sent(api_of(OPERATOR), "post", f"cases/{number}/preview")
    assert status == 200
    assert any(call["path"].endswith("/removeUser") for call in preview["calls"])
    assert Case.objects.get(pk=number).previewed_at is not None


@pytest.mark.parametrize(
    ("method", "address", "least"),
    [
        ("patch", "cases/1", OPERATOR),
        ("post", "cases/1/request-approval", OPERATOR),
        ("post", "cases/1/preview", OPERATOR),
        ("post", "cases/1/try-again", OPERATOR),
        ("post", "cases/1/undo", APPROVER),
        ("post", "cases/bulk", OPERATOR),
        ("post", "cases/bulk/preview", OPERATOR),
        ("post", "people/1/remarks/1/answer", OPERATOR),
        ("post", "pauses", OPERATOR),
        ("post", "pauses/1/tick", OPERATOR),
        ("post", "pauses/1/untick", OPERATOR),
        ("post", "pauses/1/take-off", OPERATOR),
    ],
)
def test_every_change_takes_the_role_that_it_takes_on_the_page(
    db: None, method: str, address: str, least: UserRole
) -> None:
    for role in UserRole:
        status, _ = sent(api_of(role), method, address, people=[1], reason="x", why="x")
        may = UserRole.values.index(role) >= UserRole.values.index(least)
        assert status == (404 if may else 403), role


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 3),
        ("state=draft", 1),
        ("q=leaver002", 1),
        ("kind=downgrade", 0),
        ("cause=hand", 3),
        ("who=operator", 1),
        ("approver=me", 2),
        ("opened_after=2999-01-01", 0),
    ],
)
def test_the_list_of_cases_has_the_filters_of_the_page(place: Workspace, query: str, found: int) -> None:
    gone = left(place, 3)
    a_draft(api_of(OPERATOR), gone[0], reason="x")
    for person in gone[1:]:
        approver_waits = opening.open_case(person, CaseRequest(), REQUESTER)
        sent(api_of(APPROVER), "post", f"cases/{approver_waits.pk}/request-approval")
    Case.objects.update(cause="hand")
    listed = api_of(UserRole.ADMIN).get(f"/api/v1/cases?{query}").json()
    assert (listed["total"], len(listed["cases"])) == (found, found)
    assert api_of(VIEWER).get("/api/v1/cases?kind=promote").status_code == 422
