"""Contracts, what was bought, and seat prices by the REST API: by the verbs of the pages, with their refusals."""

from typing import Any

import pytest
from django.test import Client

from tests.support.contracts.agreed import a_contract
from tests.support.queries import assert_costs_the_same
from tests.support.rest import api_of, items
from tests.support.roster.people import a_connection, a_workspace
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.contracts.agreements.change import add_contract
from usher.contracts.agreements.checks import ContractRefused
from usher.contracts.models import Contract, LicencePurchase
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.roster.models import SeatPrice, Workspace

pytestmark = pytest.mark.django_db

JSON = "application/json"
SEATS = {"licence": "member", "seats": 200, "price": "24.99", "period": "month", "valid_from": "2026-03-01"}
TERMS = {
    "name": "Asana Advanced",
    "plan": "Advanced",
    "currency": "EUR",
    "renews_on": "2027-03-01",
    "term_months": 12,
    "notice_days": 40,
    "reducible": "renewal",
    "ladder": "2,3,4,5, By 5 to 30, by 10",
}


@pytest.fixture
def program() -> Client:
    return api_of()


@pytest.fixture
def acme() -> Connection:
    return a_connection()


def send(program: Client, method: str, address: str, **body: object) -> Any:  # a test response
    return getattr(program, method)(f"/api/v1/{address}", body, content_type=JSON)


def add(program: Client, connection: Connection, **changes: object) -> Any:
    body = {**TERMS, "purchases": [SEATS], **changes}
    return send(program, "post", f"connections/{connection.pk}/contracts", **body)


def fields(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.content
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


def test_a_contract_is_entered_and_answered_as_it_is_listed(program: Client, acme: Connection) -> None:
    answer = add(program, acme)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    (bought,) = told["purchases"]
    assert {name: told[name] for name in TERMS} == {**TERMS, "ladder": "2, 3, 4, 5, by 5 to 30, by 10"}
    assert {name: bought[name] for name in SEATS} == SEATS
    assert items(program, "contracts") == [told]
    entry = Entry.objects.get(action="contract.added")
    assert (entry.connection_id, entry.via) == (acme.pk, "api")
    assert program.get(f"/api/v1/connections/{acme.pk}/seat-price").json() == {
        "id": acme.pk,
        "connection": "Acme",
        "amount": "24.99",
        "currency": "EUR",
        "is_from_contract": True,
    }


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"ladder": "5, by 5 to 12"}, "ladder", "12 cannot be reached from 5 in steps of 5"),
        ({"ladder": ",".join(str(size) for size in range(1, 150))}, "ladder", "too many pack sizes"),
        ({"purchases": []}, "purchases", "at least 1 item"),
        ({"purchases": [{**SEATS, "licence": "view_only"}]}, "purchases", "how many member seats"),
        ({"purchases": [SEATS, SEATS]}, "purchases", "begin on the same day"),
        ({"purchases": [SEATS, {**SEATS, "licence": "guest"}]}, "licence", "Guests are not paid for"),
        ({"purchases": [{**SEATS, "price": "1.234"}]}, "purchases.0.price", "pattern"),
        ({"purchases": [{**SEATS, "price": 1.5}]}, "purchases.0.price", "valid string"),
        ({"term_months": 0}, "term_months", "greater than or equal to 1"),
        ({"notice_days": 400}, "notice_days", "less than or equal to 365"),
        ({"currency": "XXX"}, "currency", "not among the currencies"),
        ({"renews_on": "2027-02-30"}, "renews_on", "valid date"),
        ({"workspaces": [4_000_000]}, "workspaces", "4000000 is no workspace that “Acme” reads"),
        ({"renewal": "2027-02-03"}, "renewal", "not permitted"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    program: Client, acme: Connection, changes: dict[str, object], field: str, words: str
) -> None:
    found = fields(add(program, acme, **changes))
    assert words in found[field]
    assert not Contract.objects.exists()


def test_only_what_is_given_changes_and_what_stays_leaves_no_entry(program: Client, acme: Connection) -> None:
    first, second = a_workspace(acme, "One", "one.example"), a_workspace(acme, "Two", "two.example")
    contract = a_contract(acme, workspaces=(first,))
    before = program.get(f"/api/v1/contracts/{contract.pk}").json()
    address = f"contracts/{contract.pk}"
    answer = send(program, "patch", address, notice_days=60)
    assert answer.json() == {**before, "notice_days": 60}
    assert answer.json()["workspaces"] == [first.pk]
    send(program, "patch", address, notice_days=60)
    send(program, "patch", address)
    assert Entry.objects.filter(action="contract.changed").count() == 1
    both = send(program, "patch", address, workspaces=[second.pk, first.pk])
    assert both.json()["workspaces"] == [first.pk, second.pk]
    assert send(program, "patch", address, workspaces=[]).json()["workspaces"] == []


def test_a_contract_keeps_its_currency_and_its_workspaces_to_itself(
    program: Client, acme: Connection
) -> None:
    one, two = a_workspace(acme, "One", "one.example"), a_workspace(acme, "Two", "two.example")
    contract = a_contract(acme, workspaces=(one,))
    a_contract(acme, workspaces=(two,), name="Second")
    address = f"contracts/{contract.pk}"
    assert "keeps its currency" in fields(send(program, "patch", address, currency="USD"))["currency"]
    covered = fields(send(program, "patch", address, workspaces=[one.pk, two.pk]))
    assert "covers the same workspaces" in covered["workspaces"]
    assert "Choose another name" in fields(send(program, "patch", address, name="Second"))["name"]


def test_no_contract_covers_a_workspace_of_another_account(program: Client, acme: Connection) -> None:
    foreign = a_workspace(a_connection("Tideway"), "Tide", "tide.example")
    left_out = a_workspace(acme, "Out", "out.example", left_out=Workspace.LeftOut.FILTER)
    contract = a_contract(acme)
    for place in (foreign, left_out):
        refused = fields(send(program, "patch", f"contracts/{contract.pk}", workspaces=[place.pk]))
        assert "is no workspace that “Acme” reads" in refused["workspaces"]
        with pytest.raises(ContractRefused, match="is no workspace that “Acme” reads"):
            add_contract(acme, TERMS | {"name": "Second"}, [place], [], SYSTEM)


def test_a_purchase_is_recorded_replaced_and_taken_back(program: Client, acme: Connection) -> None:
    contract = a_contract(acme)
    address = f"contracts/{contract.pk}/purchases"
    for seats in (15, 25):
        told = send(program, "post", address, **(SEATS | {"seats": seats, "price": "9"}))
        assert told.status_code == 200
        assert [each["seats"] for each in told.json()["purchases"]] == [20, seats]
    assert str(SeatPrice.objects.get()) == "9.00 EUR"
    newest = LicencePurchase.objects.get(seats=25)
    other = a_contract(a_connection("Tideway"))
    assert program.delete(f"/api/v1/contracts/{other.pk}/purchases/{newest.pk}").status_code == 404
    assert program.delete(f"/api/v1/{address}/{newest.pk}").status_code == 204
    refused = program.delete(f"/api/v1/{address}/{contract.purchases.get().pk}")
    assert refused.status_code == 409
    assert "the only purchase of member seats" in refused.json()["detail"]
    assert Entry.objects.filter(action="contract.purchase_changed").count() == 3


def test_a_deleted_contract_leaves_the_price_which_can_be_changed_again(
    program: Client, acme: Connection
) -> None:
    contract = a_contract(acme)
    price = f"connections/{acme.pk}/seat-price"
    for answer in (
        send(program, "put", price, amount="30", currency="USD"),
        program.delete(f"/api/v1/{price}"),
    ):
        assert answer.json()["type"] == "urn:usher:problem:price-of-contract"
    assert program.delete(f"/api/v1/contracts/{contract.pk}").status_code == 204
    assert program.get(f"/api/v1/{price}").json()["amount"] == "10.00"
    assert send(program, "put", price, amount="30", currency="USD").json()["amount"] == "30.00"
    assert program.get(f"/api/v1/contracts/{contract.pk}").status_code == 404
    assert Entry.objects.filter(action="contract.deleted").count() == 1


def test_a_seat_price_is_set_changed_and_forgotten(program: Client, acme: Connection) -> None:
    address = f"connections/{acme.pk}/seat-price"
    a_connection("Tideway", disconnected_at="2026-03-01T00:00Z")
    assert [one["amount"] for one in items(program, "seat-prices")] == [None]
    for amount in ("24.99", "24.99", "30"):
        assert send(program, "put", address, amount=amount, currency="EUR").status_code == 200
    assert [(one["id"], one["amount"]) for one in items(program, "seat-prices")] == [(acme.pk, "30.00")]
    for _ in range(2):
        assert program.delete(f"/api/v1/{address}").status_code == 204
    assert not SeatPrice.objects.exists()
    assert Entry.objects.filter(action="settings.seat_price_changed").count() == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "-1", "currency": "EUR"}, "amount"),
        ({"amount": "1.234", "currency": "EUR"}, "amount"),
        ({"amount": "123456789", "currency": "EUR"}, "amount"),
        ({"amount": "NaN", "currency": "EUR"}, "amount"),
        ({"amount": "1", "currency": "XXX"}, "currency"),
        ({"amount": "1", "currency": "eur"}, "currency"),
        ({"amount": "1"}, "currency"),
    ],
)
def test_what_is_no_price_is_refused(
    program: Client, acme: Connection, body: dict[str, str], field: str
) -> None:
    assert field in fields(send(program, "put", f"connections/{acme.pk}/seat-price", **body))
    assert not SeatPrice.objects.exists()


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.OPERATOR, UserRole.APPROVER])
def test_everybody_else_reads_and_changes_nothing(role: UserRole, acme: Connection) -> None:
    contract, program = a_contract(acme), api_of(role)
    at, price = f"contracts/{contract.pk}", f"connections/{acme.pk}/seat-price"
    purchase = f"{at}/purchases/{contract.purchases.get().pk}"
    answers = [
        add(program, acme),
        send(program, "patch", at, notice_days=60),
        send(program, "post", f"{at}/purchases", **SEATS),
        send(program, "put", price, amount="1", currency="EUR"),
        *(program.delete(f"/api/v1/{address}") for address in (at, purchase, price)),
    ]
    assert [each.status_code for each in answers] == [403] * 7
    assert [program.get(f"/api/v1/{address}").status_code for address in (at, price)] == [200, 200]


@pytest.mark.parametrize("address", ["/api/v1/contracts", "/api/v1/seat-prices"])
def test_twenty_cost_as_many_queries_as_two(program: Client, address: str) -> None:
    def more(count: int) -> None:
        for _ in range(count):
            account = a_connection(f"C{Connection.objects.count()}")
            a_contract(account, workspaces=(a_workspace(account, "Acme", "acme.example"),))

    assert_costs_the_same(program, address, more)
