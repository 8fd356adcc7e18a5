"""Leavers and cases over REST: what a program can rely on, and what each role may do."""

import json

import pytest
from django.test import Client

from tests.support.queries import assert_costs_the_same
from tests.support.removal.company import a_company, left
from tests.support.removal.leaving import approved_case, leaves, ordinary_people, run_now
from usher.access.models import User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.connections.models import Connection, Mode
from usher.directory.models import Protected
from usher.ledger.actors import SYSTEM
from usher.removal.models import Case, Guardrails
from usher.roster.models import Person
from usher.sandbox import RunningSandbox


class Api:
    """The REST API as one person's token uses it."""

    def __init__(self, role: UserRole) -> None:
        email = f"{role}@example.com"
        self.user = User.objects.create_user(email, email, role=role)
        self.token = make_token(self.user, "script", SYSTEM)

    def get(self, path: str) -> tuple[int, object]:
        answer = Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.token}"})
        return answer.status_code, json.loads(answer.content)

    def post(self, path: str, **body: object) -> tuple[int, dict[str, object]]:
        answer = Client().post(
            f"/api/v1{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        return answer.status_code, json.loads(answer.content)


def test_a_removal_is_asked_for_by_one_and_approved_by_another(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    operator, approver = Api(UserRole.OPERATOR), Api(UserRole.APPROVER)
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    status, leavers = operator.get("/leavers?connection=Acme")
    assert status == 200
    assert [one["gid"] for one in leavers] == [person.gid]  # type: ignore[attr-defined]
    status, case = operator.post("/cases", connection="Acme", person=person.email, reason="Left")
    assert (status, case["state"], case["cause"]) == (201, "waiting", "directory")
    assert operator.post(f"/cases/{case['case']}/approve")[0] == 403
    status, approved = approver.post(f"/cases/{case['case']}/approve", note="Checked")
    assert (status, approved["state"]) == (200, "scheduled")
    run_now(acme)
    status, evidence = operator.get(f"/cases/{case['case']}/evidence")
    assert (status, evidence["state"]) == (200, "done")  # type: ignore[index]
    assert evidence["approvals"][0]["by"]["name"] == "approver@example.com: script"  # type: ignore[index]


def test_who_asked_with_a_token_cannot_approve_on_the_page(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    api = Api(UserRole.ADMIN)
    (person,) = ordinary_people(acme, 1)
    _, case = api.post("/cases", connection="Acme", person=person.gid)
    status, refusal = api.post(f"/cases/{case['case']}/approve")
    assert (status, refusal["message"]) == (409, "You cannot approve a case that you requested.")
    browser = Client()
    browser.force_login(api.user)
    browser.post(f"/cases/{case['case']}/approve/")
    assert Case.objects.get(pk=case["case"]).state == "waiting"


def test_a_preview_changes_nothing_and_opens_nothing(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    status, preview = Api(UserRole.OPERATOR).post("/cases/preview", connection="Acme", person=person.gid)
    assert status == 200
    assert any("rules, forms and webhooks cannot be seen" in one for one in preview["breaks"])  # type: ignore[attr-defined]
    assert preview["out_of_office"] == ""
    assert any(call["path"].endswith("/removeUser") for call in preview["calls"])  # type: ignore[attr-defined]
    assert not Case.objects.exists()


def test_a_read_only_connection_is_refused_with_what_to_do(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    acme.mode = Mode.READ
    acme.save()
    (person,) = ordinary_people(acme, 1)
    status, refusal = Api(UserRole.ADMIN).post("/cases", connection="Acme", person=person.gid)
    assert status == 409
    assert "Read and take action" in str(refusal["remedy"])


@pytest.mark.parametrize("path", ["/leavers", "/cases", "/cases/1", "/cases/1/evidence"])
def test_nothing_is_told_without_a_token(transactional_db: None, path: str) -> None:
    assert Client().get(f"/api/v1{path}").status_code == 401


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/cases", UserRole.OPERATOR),
        ("/cases/preview", UserRole.OPERATOR),
        ("/cases/1/approve", UserRole.APPROVER),
        ("/cases/1/refuse", UserRole.APPROVER),
        ("/cases/1/cancel", UserRole.OPERATOR),
        ("/removals/stop", UserRole.OPERATOR),
        ("/removals/resume", UserRole.ADMIN),
    ],
)
def test_every_change_takes_its_role(transactional_db: None, path: str, least: UserRole) -> None:
    body = {"connection": "Nowhere", "person": "nobody"}
    for role in UserRole:
        status, _ = Api(role).post(path, **body)
        may = UserRole.values.index(role) >= UserRole.values.index(least)
        assert (status != 403) == may, f"{role}: {status}"


def test_to_invite_somebody_again_takes_the_role_that_it_takes_on_the_page(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    operator, approver = Api(UserRole.OPERATOR), Api(UserRole.APPROVER)
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    _, case = operator.post("/cases", connection="Acme", person=person.gid)
    approver.post(f"/cases/{case['case']}/approve")
    run_now(acme)
    wish = {"connection": "Acme", "person": person.gid, "kind": "restore"}
    for path in ("/cases", "/cases/preview"):
        status, refusal = operator.post(path, **wish)
        assert (status, refusal["message"]) == (
            403,
            "Only an approver or admin may restore people who were removed.",
        )
    assert Case.objects.count() == 1
    assert approver.post("/cases", **wish)[0] == 201


def test_an_empty_address_is_nobodys(acme: Connection, guardrails: Guardrails) -> None:
    """As a script sends it whose variable is empty; some people in Asana have no address that is shown."""
    Person.objects.filter(connection=acme, email="").delete()
    (person,) = ordinary_people(acme, 1)
    Person.objects.filter(pk=person.pk).update(email="")
    operator = Api(UserRole.OPERATOR)
    for nobody in ("", "  "):
        status, refusal = operator.post("/cases", connection="Acme", person=nobody)
        assert (status, refusal["message"]) == (404, "No address was given.")
    assert not Case.objects.exists()


@pytest.mark.parametrize("field", ["connection", "person", "reason", "hand_over_to"])
def test_what_cannot_be_stored_is_refused_by_its_field(field: str, transactional_db: None) -> None:
    body = {"connection": "Acme", "person": "x", field: "a\0b"}
    status, refusal = Api(UserRole.OPERATOR).post("/cases", **body)
    assert status == 422
    assert field in str(refusal["message"])


def test_the_list_of_leavers_costs_the_same_number_of_queries_for_2_and_for_20(
    transactional_db: None,
) -> None:
    workspace = a_company()
    api = Api(UserRole.VIEWER)

    def add_rows(count: int) -> None:
        for person in left(workspace, count, name=f"Leaver{count}"):
            Protected.objects.create(person=person, why=Protected.Why.OTHER, by="ada@example.com")

    assert_costs_the_same(Client(), "/api/v1/leavers", add_rows, Authorization=f"Bearer {api.token}")


def test_the_list_of_cases_costs_the_same_number_of_queries_for_2_and_for_20(transactional_db: None) -> None:
    workspace = a_company()
    api = Api(UserRole.VIEWER)

    def add_rows(count: int) -> None:
        for person in left(workspace, count, name=f"Leaver{count}"):
            approved_case(person)

    assert_costs_the_same(Client(), "/api/v1/cases", add_rows, Authorization=f"Bearer {api.token}")
