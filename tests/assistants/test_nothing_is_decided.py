"""No tool approves, runs or undoes anything, or changes a guardrail: held for every tool that there is."""

from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db.models import Model
from django.test import Client

from tests.support.assistants.speaking import Assistant
from tests.support.removal.leaving import APPROVER, leaves, ordinary_people
from usher.access.acting import actor_for
from usher.access.models import ApiToken, TrailEntry, User
from usher.access.roles import LEAST_ROLE, Action, NotAllowed, UserRole
from usher.assistants.caller import MOST, Caller, by_account
from usher.assistants.offered import TOOLS
from usher.connections.models import Connection, TokenPace
from usher.ledger.actors import Actor
from usher.ledger.models import Entry, Head
from usher.refusals import Refused
from usher.removal.cases import transitions
from usher.removal.cases.opening import CaseRequest, open_case
from usher.removal.cases.versions import version_of
from usher.removal.evidence.report import evidence_of
from usher.removal.models import Case, Guardrails, Step, Target
from usher.roster.models import Person
from usher.sandbox import RunningSandbox

NOTES: list[type[Model]] = [ApiToken, TrailEntry, Entry, Head, TokenPace]
"""When a token was used, what was looked up, the ledger (looked at below), and the pace of requests to Asana."""
OF_A_DRAFT: list[type[Model]] = [Case, Step, Target]


def arguments_of(person: Person) -> dict[str, dict[str, Any]]:
    """Valid ones for every tool. A tool that is not among them fails the tests."""
    return {
        "find_people": {},
        "who_is_idle": {},
        "explain_figure": {"figure": "seats"},
        "what_would_removal_break": {"person": person.email},
        "leavers": {},
        "open_draft_case": {"person": person.email, "reason": "Left"},
        "savings_until_renewal": {},
        "search_audit_log": {},
        "why_is_protected": {"person": person.email},
    }


def rows_of(models: list[type[Model]]) -> dict[str, str]:
    """All fields of all rows, by table."""
    return {
        model._meta.db_table: serializers.serialize("json", model._default_manager.order_by("pk"))
        for model in models
    }


def all_else() -> dict[str, str]:
    """Every other table of Usher: approvals, guardrails, protected people, contracts, rules, users and so on."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("usher.")]
    return rows_of([model for model in ours if model not in (*NOTES, *OF_A_DRAFT)])


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_tool_decides_anything_even_for_an_admin(
    tool: Any, sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, other = ordinary_people(acme, 2)
    leaves(person)
    waiting = transitions.request_approval(an_open_case(other), APPROVER)
    admin = Assistant(UserRole.ADMIN)
    before, cases = all_else(), rows_of(OF_A_DRAFT)
    assert {"removal_approval", "removal_guardrails", "directory_protected", "access_user"} <= set(before)
    entries = Entry.objects.count()
    admin.call(tool.name, **arguments_of(person)[tool.name])
    assert all_else() == before
    assert Case.objects.get(pk=waiting.pk).state == "waiting"
    new = Entry.objects.order_by("number")[entries:]
    if tool.writes:
        (case,) = Case.objects.exclude(pk=waiting.pk)
        assert (case.state, case.asked_by, case.approvals.count()) == ("draft", "", 0)
        assert [entry.action for entry in new] == ["case.opened"]
    else:
        assert rows_of(OF_A_DRAFT) == cases
        assert not new


def an_open_case(person: Person) -> Case:
    leaves(person)
    return open_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left"), APPROVER)


def test_every_tool_is_tried_above_and_says_truly_whether_it_writes(acme: Connection) -> None:
    said = {tool["name"]: tool["annotations"] for tool in Assistant(UserRole.VIEWER).tools()}
    assert set(said) == {tool.name for tool in TOOLS} == set(arguments_of(ordinary_people(acme, 1)[0]))
    assert [name for name, hints in said.items() if not hints["readOnlyHint"]] == ["open_draft_case"]
    assert not any(hints["destructiveHint"] for hints in said.values())


def test_tools_need_no_more_than_reading_and_opening_cases() -> None:
    assert {tool.needs for tool in TOOLS} == MOST == {Action.READ, Action.OPEN_CASES}


@pytest.mark.parametrize("action", [action for action in Action if action not in MOST])
def test_a_caller_may_nothing_else_whatever_the_role(db: None, action: Action) -> None:
    user = User.objects.create_user("ada@example.com", role=UserRole.ADMIN)
    caller = by_account(Actor("person", user.username, user.pk, via="page", role=user.role), user)
    assert not user.may(action)
    assert LEAST_ROLE[Action.APPROVE] != caller.actor.role == UserRole.OPERATOR
    with pytest.raises((ValueError, NotAllowed)):
        caller.require(action)
    with pytest.raises(ValueError, match="No tool may"):
        Caller(caller.actor).require(action)


def test_a_draft_says_everywhere_that_an_assistant_opened_it_and_its_owner_cannot_approve(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    admin = Assistant(UserRole.ADMIN)
    opened = admin.call("open_draft_case", person=person.gid, reason="Left last week")
    case = Case.objects.get(pk=opened["number"])
    assert (case.state, case.opened_via, case.opened_by) == (
        "draft",
        "assistant",
        "admin@example.com: assistant",
    )
    entry = Entry.objects.get(action="case.opened")
    assert (entry.actor_kind, entry.via, entry.actor_user_id) == ("token", "assistant", admin.user.pk)
    assert evidence_of(case).opened_by.via == "assistant"

    browser = Client()
    browser.force_login(admin.user)
    assert "An assistant opened this draft" in browser.get(f"/cases/{case.pk}/").content.decode()
    browser.post(f"/cases/{case.pk}/request-approval/", {"read": version_of(Case.objects.get(pk=case.pk))})
    case.refresh_from_db()
    assert case.state == "waiting"
    asked = evidence_of(case).asked_by
    assert asked
    assert asked.via == "page"
    with pytest.raises(Refused, match="You cannot approve a case that you requested"):
        transitions.approve(case, actor_for(admin.user, via="page"))
    assert transitions.approve(case, APPROVER).state == "scheduled"


def test_a_token_that_may_only_read_opens_no_draft(acme: Connection, guardrails: Guardrails) -> None:
    (person,) = ordinary_people(acme, 1)
    reader = Assistant(UserRole.ADMIN, permissions=["read"])
    said = reader.refused("open_draft_case", person=person.gid, reason="Left")
    assert "token" in said
    assert not Case.objects.exists()
    viewer = Assistant(UserRole.VIEWER)
    assert "Only an operator" in viewer.refused("what_would_removal_break", person=person.gid)


def test_a_second_draft_for_somebody_names_the_first(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    operator = Assistant(UserRole.OPERATOR)
    first = operator.call("open_draft_case", person=person.gid, reason="Idle")
    said = operator.refused("open_draft_case", person=person.gid, reason="Idle")
    assert f"already has an open case: number {first['number']}" in said
    assert "Finish or cancel it first." in said
