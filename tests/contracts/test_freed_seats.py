"""Seats freed by cases, and the money that follows, from the database."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.contracts.agreed import a_contract, member_seats, seats_were
from tests.support.removal.company import a_company, people, text
from usher.contracts.agreements.query import contracts_seen
from usher.contracts.models import Contract
from usher.contracts.seats.counting import covered, seats_by_day
from usher.contracts.seats.freed import RealisedSavings, freed_seats, realised_savings
from usher.removal.models import Case, Target
from usher.removal.states import CaseState
from usher.roster.models import Change, Licence, Membership, Person, Workspace

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
BEGAN = TODAY - timedelta(days=300)
FREED = TODAY - timedelta(days=200)
REDUCED = TODAY - timedelta(days=100)


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def freed(
    workspace: Workspace,
    person: Person,
    kind: str = "remove",
    day: date = FREED,
    cause: str = Case.Cause.IDLE,
    **target: str,
) -> None:
    """A case that is done, as the runner leaves it behind."""
    case = Case.objects.create(
        kind=kind,
        cause=cause,
        state=CaseState.DONE,
        connection=workspace.connection,
        person=person,
        person_gid=person.gid,
        opened_by="Ada",
        finished_at=moment(day),
    )
    Target.objects.create(
        **{
            "case": case,
            "workspace": workspace,
            "workspace_gid": workspace.gid,
            "workspace_name": workspace.name,
            "role": "member",
            "licence": "member",
            "outcome": Target.Outcome.DONE,
            "verified_at": moment(day),
        }
        | target
    )
    Membership.objects.filter(person=person, workspace=workspace).update(status="not_active")


def a_smaller_purchase(workspace: Workspace) -> Contract:
    """20 seats, then 15; five were freed by then."""
    for day, count in ((BEGAN, 20), (FREED, 15)):
        seats_were(workspace, day, count)
    a_contract(
        workspace.connection,
        member_seats(20, valid_from=BEGAN),
        member_seats(15, valid_from=REDUCED),
    )
    return contracts_seen().get()


def savings_of(contract: Contract) -> RealisedSavings:
    places = covered([contract])[contract.pk]
    return realised_savings(contract, places, seats_by_day(places, Licence.MEMBER), TODAY)


def test_money_by_month_split_by_what_the_cases_did(admin: Client) -> None:
    workspace = a_company()
    found = people(workspace, 5)
    for person in found[:3]:
        freed(workspace, person)
    for person in found[3:]:
        freed(workspace, person, kind="downgrade")
    contract = a_smaller_purchase(workspace)
    savings = savings_of(contract)
    assert savings.months[REDUCED.replace(day=1)] == {
        "remove": Decimal("30.00"),
        "downgrade": Decimal("20.00"),
    }
    assert savings.total == 50 * len(savings.months)
    shown = text(admin.get(f"/savings/{contract.pk}/"))
    assert "saved so far." in shown
    answer = admin.get(f"/savings/{contract.pk}/realised.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert sum(Decimal(row["amount"]) for row in rows) == savings.total


def test_released_seats_are_a_split_of_their_own_whatever_the_case_then_did(admin: Client) -> None:
    workspace = a_company()
    found = people(workspace, 5)
    freed(workspace, found[0])
    freed(workspace, found[1], kind="downgrade")
    for person, kind in zip(found[2:], ("remove", "downgrade", "downgrade"), strict=True):
        freed(workspace, person, kind=kind, cause=Case.Cause.RELEASED)
    contract = a_smaller_purchase(workspace)
    savings = savings_of(contract)
    month = REDUCED.replace(day=1)
    assert savings.months[month] == {
        "remove": Decimal("10.00"),
        "downgrade": Decimal("10.00"),
        "released": Decimal("30.00"),
    }
    assert [name for name, _ in savings.rows[0][1]] == ["Removed", "Downgraded", "Released"]
    series = savings.chart["series"]
    assert isinstance(series, list)
    assert [(one["name"], one["values"][0]) for one in series] == [
        ("Removed", 10.0),
        ("Downgraded", 10.0),
        ("Released", 30.0),
    ]
    assert "Month Removed Downgraded Released Together, in EUR" in text(admin.get(f"/savings/{contract.pk}/"))
    answer = admin.get(f"/savings/{contract.pk}/realised.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    released = [
        row["amount"] for row in rows if row["reason"] == "Released" and row["month"] == f"{month:%Y-%m}"
    ]
    assert released == ["30.00"]


def test_a_case_that_changed_nothing_or_freed_no_seat_does_not_count() -> None:
    workspace = a_company()
    one, two, three, four = people(workspace, 4)
    freed(workspace, one, outcome=Target.Outcome.ALREADY)
    freed(workspace, two, licence="guest", role="guest")
    freed(workspace, three, kind="restore")
    freed(workspace, four)
    contract = a_smaller_purchase(workspace)
    seats = freed_seats(contract, covered([contract])[contract.pk])
    assert [seat.holder for seat in seats] == [f"{four.gid} in {workspace.pk}"]


def test_who_came_back_before_fewer_seats_were_bought_does_not_count() -> None:
    workspace = a_company()
    (person,) = people(workspace, 1)
    freed(workspace, person)
    back = REDUCED - timedelta(days=5)
    Change.objects.create(
        membership=Membership.objects.get(person=person),
        kind=Change.Kind.RETURNED,
        happened_at=moment(back),
        seen_at=moment(back),
    )
    savings = savings_of(a_smaller_purchase(workspace))
    assert not savings.months
    assert savings.found.taken_again == 1


def test_seats_of_another_contract_do_not_count() -> None:
    workspace, other = a_company(), a_company("Other")
    freed(other, people(other, 1)[0])
    assert not savings_of(a_smaller_purchase(workspace)).freed
