"""Whose approval counts as an admin's: the role of the account decides, whatever a caller says."""

import json

import click
import pytest
from django.test import Client

from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.leaving import (
    APPROVER,
    REQUESTER,
    leaves,
    no_waiting,
    ordinary_people,
    run_now,
)
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.cli.identity import acting
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM, Actor
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.cases.versions import version_of
from usher.removal.models import Approval, Case, Guardrails
from usher.removal.states import CaseState
from usher.sandbox import RunningSandbox


def waiting_case(acme: Connection) -> Case:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    return transitions.request_approval(
        opening.open_case(person, CaseRequest(reason="Left"), REQUESTER), REQUESTER
    )


@pytest.mark.parametrize("role", [UserRole.APPROVER, UserRole.ADMIN])
def test_an_approval_on_the_page_counts_by_the_role_of_the_account(
    role: UserRole, acme: Connection, guardrails: Guardrails
) -> None:
    case = waiting_case(acme)
    signed_in(role).post(
        f"/cases/{case.pk}/approve/", {"is_admin": "true", "role": "admin", "read": version_of(case)}
    )
    assert Approval.objects.get().is_admin == (role == UserRole.ADMIN)


@pytest.mark.parametrize("role", [UserRole.APPROVER, UserRole.ADMIN])
def test_an_approval_by_token_counts_by_the_role_of_its_owner(
    role: UserRole, acme: Connection, guardrails: Guardrails
) -> None:
    case = waiting_case(acme)
    token = make_token(account(role), "script", SYSTEM)
    answer = Client().post(
        f"/api/v1/cases/{case.pk}/approve",
        json.dumps({"note": "Checked", "is_admin": True, "role": "admin"}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200
    assert Approval.objects.get().is_admin == (role == UserRole.ADMIN)


@pytest.mark.parametrize("role", [UserRole.APPROVER, UserRole.ADMIN])
def test_an_approval_by_command_counts_by_the_role_of_the_named_person(
    role: UserRole, acme: Connection, guardrails: Guardrails
) -> None:
    case = waiting_case(acme)
    with click.Context(click.Group()) as context:
        context.params["as_email"] = account(role).username
        transitions.approve(case, acting())
    assert Approval.objects.get().is_admin == (role == UserRole.ADMIN)


def test_who_has_a_shell_on_this_machine_approves_as_an_admin(
    acme: Connection, guardrails: Guardrails
) -> None:
    transitions.approve(waiting_case(acme), acting())
    assert Approval.objects.get().is_admin


def test_an_actor_without_a_role_is_no_admin(acme: Connection, guardrails: Guardrails) -> None:
    transitions.approve(waiting_case(acme), Actor("policy", "Leavers after 30 days"))
    assert not Approval.objects.get().is_admin


def test_two_approvals_without_an_admins_do_not_lift_a_limit(
    sandbox: RunningSandbox, acme: Connection
) -> None:
    no_waiting(daily_limit=0)
    case = waiting_case(acme)
    transitions.approve(case, APPROVER)
    transitions.approve(case, actor(account(UserRole.APPROVER, "second")))
    assert run_now(acme).held == 1
    transitions.approve(case, actor(account(UserRole.ADMIN)))
    assert run_now(acme).done == 1
    case.refresh_from_db()
    assert case.state == CaseState.DONE


def test_who_lost_the_role_of_an_admin_approves_as_none(acme: Connection, guardrails: Guardrails) -> None:
    case = waiting_case(acme)
    user = account(UserRole.ADMIN)
    user.role = UserRole.APPROVER
    user.save()
    signed_in(UserRole.ADMIN).post(f"/cases/{case.pk}/approve/", {"read": version_of(case)})
    assert not Approval.objects.get().is_admin
