"""What the seats cost that people released, and how far their cases have come."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from tests.support.removal.accounts import signed_in
from tests.support.removal.company import a_company, people, text
from tests.support.removal.leaving import ADMIN
from usher.access.roles import UserRole
from usher.policy import changes
from usher.policy.asking.figures import released_seats
from usher.policy.definition import Definition, Does, What, Who
from usher.policy.models import Policy, SeatQuestion
from usher.removal.models import Case, Target
from usher.removal.states import CaseState
from usher.roster.models import Person, SeatPrice, Workspace

pytestmark = pytest.mark.django_db

State = SeatQuestion.State


@pytest.fixture
def rule() -> Policy:
    return changes.make(Definition("Idle", Who(idle_for=90), What(Does.ASK)), ADMIN)


def answered(
    rule: Policy, person: Person, case: Case | None = None, state: State = State.RELEASED
) -> SeatQuestion:
    return SeatQuestion.objects.create(
        policy=rule,
        connection=person.connection,
        person=person,
        name=person.name,
        address=person.email,
        says="you last used Asana long ago.",
        state=state,
        token_hash=f"hash of {person.pk}",
        answer_by=timezone.localdate() + timedelta(days=9),
        answered_at=timezone.now(),
        case=case,
    )


def a_case(
    workspace: Workspace,
    person: Person,
    state: CaseState = CaseState.WAITING,
    cause: Case.Cause = Case.Cause.RELEASED,
    **target: str,
) -> Case:
    case = Case.objects.create(
        state=state,
        cause=cause,
        connection=workspace.connection,
        person=person,
        person_gid=person.gid,
        opened_by="Rule",
    )
    fields = {"role": "member", "licence": "member", **target}
    Target.objects.create(
        case=case,
        workspace=workspace,
        workspace_gid=workspace.gid,
        workspace_name=workspace.name,
        **fields,
    )
    return case


def test_seats_by_how_far_their_case_has_come_and_what_they_cost(rule: Policy) -> None:
    workspace = a_company()
    SeatPrice.objects.create(connection=workspace.connection, amount=Decimal("24.99"), currency="USD")
    found = people(workspace, 7)
    answered(rule, found[0], a_case(workspace, found[0]))
    answered(rule, found[1], a_case(workspace, found[1], CaseState.SCHEDULED))
    answered(rule, found[2], a_case(workspace, found[2], CaseState.DONE, outcome=Target.Outcome.DONE))
    answered(rule, found[3], a_case(workspace, found[3], CaseState.DONE, outcome=Target.Outcome.ALREADY))
    answered(rule, found[4], a_case(workspace, found[4], CaseState.CANCELLED))
    answered(rule, found[5], a_case(workspace, found[5], licence="guest", role="guest"))
    answered(rule, found[6])
    seats = released_seats(rule)
    assert (seats.waiting.seats, seats.done.seats, seats.kept, seats.without_case) == (2, 1, 2, 1)
    assert seats.waiting.words == "Cost: 49.98 USD a month."
    assert seats.done.words == "Cost: 24.99 USD a month."
    shown = text(signed_in(UserRole.VIEWER).get(f"/rules/{rule.pk}/questions/"))
    assert "A seat released saves only from the next renewal on" in shown
    assert "Seat prices." not in shown, "the price is known"


def test_currencies_are_not_added_up_and_an_unknown_price_is_said(rule: Policy) -> None:
    for name, currency in (("Acme", "EUR"), ("Globex", "USD"), ("Initech", "")):
        workspace = a_company(name)
        if currency:
            SeatPrice.objects.create(connection=workspace.connection, amount=Decimal(10), currency=currency)
        (person,) = people(workspace, 1)
        answered(rule, person, a_case(workspace, person))
    seats = released_seats(rule)
    assert seats.waiting.words == (
        "2 seats of these cost 10 EUR and 10 USD a month; the price of the others is not known."
    )
    shown = text(signed_in(UserRole.VIEWER).get(f"/rules/{rule.pk}/questions/"))
    assert "the price of the others is not known" in shown
    assert "Enter the price under Seat prices." in shown


def test_without_any_price_no_amount_is_shown(rule: Policy) -> None:
    workspace = a_company()
    (person,) = people(workspace, 1)
    answered(rule, person, a_case(workspace, person))
    seats = released_seats(rule)
    assert seats.waiting.words == "The price of a seat is not known."
    assert seats.done.words == ""


def test_where_nobody_released_anything_the_page_says_nothing_of_seats(rule: Policy, client: Client) -> None:
    (person,) = people(a_company(), 1)
    answered(rule, person, state=State.KEPT)
    shown = text(signed_in(UserRole.VIEWER).get(f"/rules/{rule.pk}/questions/"))
    assert "Seats released" not in shown


def test_cases_of_released_seats_from_before_get_their_cause(rule: Policy) -> None:
    """What the migration does with the cases of an earlier version."""
    workspace = a_company()
    found = people(workspace, 3)
    idle = [a_case(workspace, person, cause=Case.Cause.IDLE) for person in found[:2]]
    left = a_case(workspace, found[2], cause=Case.Cause.DIRECTORY)
    answered(rule, found[0], idle[0])
    answered(rule, found[1], idle[1], state=State.NO_ANSWER)
    answered(rule, found[2], left)
    with database.cursor() as cursor:
        cursor.execute(import_module("usher.policy.migrations.0004_released").MARK_RELEASED)
    causes = list(Case.objects.order_by("pk").values_list("cause", flat=True))
    assert causes == ["released", "idle", "directory"]
