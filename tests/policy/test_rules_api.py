"""Rules over REST: seeing whom a trial finds, approving in advance, answering a rule, and the questions of a rule."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.policy.acting import with_three_idle
from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import account, actor
from tests.support.rest import api_of, items
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.policy import changes
from usher.policy.asking.ask import hash_of_token
from usher.policy.definition import Definition, Does, What, Who
from usher.policy.models import Policy, PolicyRun, SeatQuestion
from usher.policy.trial import perform_trial
from usher.removal.models import RuleApproval
from usher.roster.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Connection:
    return with_three_idle()


def a_rule(does: Does = Does.REQUEST, name: str = "Idle") -> Policy:
    """Written by Zoe, and watched."""
    given = Definition(name, who=Who(idle_for=90), what=What(does))
    zoe = actor(account(UserRole.ADMIN, "zoe"))
    policy = changes.make(given, zoe)
    changes.watch(policy, zoe)
    policy.refresh_from_db()
    return policy


def program_of(name: str) -> Client:
    return api_of(user=account(UserRole.ADMIN, name))


def post(program: Client, address: str, **body: object) -> tuple[int, dict[str, Any]]:
    answer = program.post(f"/api/v1/{address}", body, content_type="application/json")
    return answer.status_code, answer.json()


def test_two_admins_try_it_see_whom_it_finds_and_approve_it_in_advance(acme: Connection) -> None:
    policy = a_rule()
    ann = program_of("ann")
    status, started = post(ann, f"rules/{policy.pk}/trial")
    assert (status, started["state"], started["days"]) == (202, "waiting", [])
    assert items(ann, f"rules/{policy.pk}/trial/found") == []
    assert post(ann, f"rules/{policy.pk}/approve", seen=started["id"])[0] == 409  # it is not tried yet
    perform_trial(started["id"])
    tried = ann.get(f"/api/v1/rules/{policy.pk}/trial").json()
    assert (tried["days"][-1]["found"], tried["days"][0]["new"]) == (3, None)
    found = items(ann, f"rules/{policy.pk}/trial/found", limit=2)
    assert [one["name"] for one in found] == ["Idle 0", "Idle 1", "Idle 2"]

    status, rule = post(ann, f"rules/{policy.pk}/approve", seen=tried["id"])
    assert (status, rule["approves"]) == (200, False)
    status, rule = post(program_of("bob"), f"rules/{policy.pk}/approve", seen=tried["id"])
    assert rule["approves"] is True
    assert [one["by"] for one in rule["approvals"]] == [
        "ann@example.com: program",
        "bob@example.com: program",
    ]
    assert Entry.objects.filter(action="rule.approved").count() == 2
    assert items(ann, "rules")[0]["approvals"] == rule["approvals"]

    status, rule = post(ann, f"rules/{policy.pk}/take-back")
    assert (status, rule["approves"], len(rule["approvals"])) == (200, False, 1)
    assert Entry.objects.filter(action="rule.approval_taken_back").count() == 1
    assert post(ann, f"rules/{policy.pk}/take-back")[0] == 409


def test_whom_the_trial_found_has_to_be_seen_and_nobody_approves_what_they_wrote(acme: Connection) -> None:
    policy = a_rule()
    _, started = post(program_of("zoe"), f"rules/{policy.pk}/trial")
    perform_trial(started["id"])
    for seen in ({}, {"seen": started["id"] + 1}):
        status, refused = post(program_of("ann"), f"rules/{policy.pk}/approve", **seen)
        assert (status, "Nobody has seen" in refused["message"]) == (409, True)
    status, refused = post(program_of("zoe"), f"rules/{policy.pk}/approve", seen=started["id"])
    assert (status, "You wrote this version" in refused["message"]) == (409, True)
    assert not RuleApproval.objects.exists()


def test_a_day_that_the_trial_does_not_know_is_refused(acme: Connection) -> None:
    policy, ann = a_rule(), program_of("ann")
    address = f"/api/v1/rules/{policy.pk}/trial/found"
    assert ann.get(address).status_code == 404  # never tried
    perform_trial(post(ann, f"rules/{policy.pk}/trial")[1]["id"])
    for day in ("yesterday", "2999-01-01", "2001-01-01"):
        assert ann.get(address, {"day": day}).status_code == 422
    today = timezone.localdate()
    assert len(ann.get(address, {"day": str(today - timedelta(days=1))}).json()["items"]) == 3


@pytest.mark.parametrize(("are_right", "state"), [(True, "acting"), (False, "watching")])
def test_a_rule_that_stopped_to_ask_is_answered(acme: Connection, are_right: bool, state: str) -> None:
    policy = a_rule()
    Policy.objects.update(state=Policy.State.ASKING, question="It found 40 people.")
    asked = PolicyRun.objects.create(
        policy=policy,
        connection=acme,
        day=timezone.localdate(),
        version=policy.version,
        is_acting=True,
        state=PolicyRun.State.ASKING,
    )
    status, rule = post(program_of("ann"), f"rules/{policy.pk}/answer", are_right=are_right)
    assert (status, rule["state"], rule["question"]) == (200, state, None)
    asked.refresh_from_db()
    assert asked.are_right is are_right
    assert post(program_of("ann"), f"rules/{policy.pk}/answer", are_right=are_right)[0] == 409


@pytest.mark.parametrize("address", ["approve", "take-back", "answer"])
def test_only_admins_who_see_everything_decide_about_rules(acme: Connection, address: str) -> None:
    policy = a_rule()
    limited = account(UserRole.ADMIN, "limited")
    User.objects.filter(pk=limited.pk).update(scope=[acme.pk])
    limited.refresh_from_db()
    for program in (api_of(UserRole.APPROVER), api_of(user=limited)):
        assert post(program, f"rules/{policy.pk}/{address}", seen=1, are_right=True)[0] == 403


def a_question(policy: Policy, person: Person, state: str, **fields: object) -> SeatQuestion:
    return SeatQuestion.objects.create(
        policy=policy,
        connection=person.connection,
        person=person,
        name=person.name,
        address=person.email,
        says="as far as Usher knows, you have not used Asana yet.",
        state=state,
        token_hash=hash_of_token(f"{person.pk} {state} {SeatQuestion.objects.count()}"),
        answer_by=timezone.localdate(),
        **fields,
    )


def test_the_questions_of_a_rule_with_their_state_and_their_figures(acme: Connection) -> None:
    policy = a_rule(Does.ASK)
    people = list(Person.objects.filter(name__startswith="Idle").order_by("name"))
    now = timezone.now()
    a_question(policy, people[0], "asked")
    a_question(
        policy,
        people[1],
        "kept",
        asked_at=now - timedelta(hours=3),
        answered_at=now,
        why="Payroll, once a quarter",
    )
    a_question(policy, people[2], "released", asked_at=now - timedelta(hours=1), answered_at=now)
    program = api_of(UserRole.VIEWER)
    listed = items(program, f"rules/{policy.pk}/questions", limit=2)
    assert [(one["name"], one["state"]) for one in listed] == [
        ("Idle 0", "asked"),
        ("Idle 1", "kept"),
        ("Idle 2", "released"),
    ]
    assert "token" not in str(listed) and "hash" not in str(listed)
    (kept,) = items(program, f"rules/{policy.pk}/questions", state="kept")
    assert (kept["said"], kept["person"]) == ("Payroll, once a quarter", people[1].pk)
    assert program.get(f"/api/v1/rules/{policy.pk}/questions", {"state": "happy"}).status_code == 422
    figures = program.get(f"/api/v1/rules/{policy.pk}/questions/figures").json()
    assert (figures["asked"], figures["by_state"]["kept"], figures["without_case"]) == (3, 1, 1)
    assert figures["median_seconds"] == 2 * 3600
    assert figures["waiting"] == {"seats": 0, "unpriced": 0, "cost": {}}


def test_the_list_of_rules_costs_the_same_queries_for_2_and_for_20(acme: Connection) -> None:
    ann = account(UserRole.ADMIN, "ann")
    program = api_of(user=ann)

    def add_rows(count: int) -> None:
        for _ in range(count):
            policy = a_rule(name=f"Idle {Policy.objects.count()}")
            RuleApproval.objects.create(rule=policy.pk, version=policy.version, by=ann.username, by_id=ann.pk)

    assert_costs_the_same(
        Client(), "/api/v1/rules", add_rows, Authorization=str(program.defaults["HTTP_AUTHORIZATION"])
    )


def test_the_list_of_questions_costs_the_same_queries_for_2_and_for_20(acme: Connection) -> None:
    policy, program = a_rule(Does.ASK), api_of(UserRole.VIEWER)
    person = Person.objects.filter(name="Idle 0").get()

    def add_rows(count: int) -> None:
        for _ in range(count):
            a_question(policy, person, "kept")

    assert_costs_the_same(
        Client(),
        f"/api/v1/rules/{policy.pk}/questions",
        add_rows,
        Authorization=str(program.defaults["HTTP_AUTHORIZATION"]),
    )
