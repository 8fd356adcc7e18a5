"""Entering and changing contracts, as pages."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.contracts.agreed import a_contract, member_seats
from tests.support.removal.accounts import signed_in
from tests.support.removal.company import text
from tests.support.roster.people import a_connection, a_workspace
from usher.access.roles import UserRole
from usher.contracts.agreements.change import carry_all_prices
from usher.contracts.agreements.checks import ContractRefused
from usher.contracts.arithmetic.amounts import PricePeriod
from usher.contracts.models import Contract, LicencePurchase
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.roster.models import Licence, SeatPrice
from usher.roster.seat_prices.change import PriceOfContract, set_price

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Asana Advanced",
    "plan": "Advanced",
    "currency": "EUR",
    "renews_on": "2027-03-01",
    "term_months": "12",
    "notice_days": "40",
    "reducible": "renewal",
    "ladder": "2, 3, 4, 5, by 5 to 30, by 10",
    "member-seats": "200",
    "member-price": "24.99",
    "member-period": "month",
    "member-valid_from": "2026-03-01",
    "view_only-period": "month",
}


def test_a_contract_is_added_with_what_was_bought_and_the_ledger_says_so(admin: Client) -> None:
    connection = a_connection()
    answer = admin.post(f"/savings/add/{connection.pk}/", FORM, follow=True)
    assert "The contract has been added." in answer.text
    contract = Contract.objects.get()
    assert [str(one) for one in contract.purchases.all()] == ["200 Member at 24.99 a month from 2026-03-01"]
    entry = Entry.objects.get(action="contract.added")
    assert entry.connection_id == connection.pk
    assert entry.after["ladder"] == FORM["ladder"]
    assert entry.after["bought"] == ["200 Member at 24.99 a month from 2026-03-01"]


def test_view_only_licences_are_free_unless_their_price_is_entered(admin: Client) -> None:
    priced = FORM | {
        "view_only-seats": "50",
        "view_only-price": "3.00",
        "view_only-valid_from": "2026-03-01",
    }
    admin.post(f"/savings/add/{a_connection().pk}/", priced)
    assert LicencePurchase.objects.filter(licence="view_only").get().seats == 50


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ladder": "5, by 5 to 12"}, "12 cannot be reached from 5 in steps of 5"),
        ({"member-seats": ""}, "This field is required."),
        ({"member-price": "1.234"}, "no more than 2 decimal places"),
        ({"term_months": "0"}, "greater than or equal to 1"),
        ({"view_only-seats": "5"}, "This field is required."),
        ({"renews_on": "2027-02-30"}, "Enter a valid date."),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    admin: Client, wrong: dict[str, str], words: str
) -> None:
    answer = admin.post(f"/savings/add/{a_connection().pk}/", FORM | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Contract.objects.exists()


def test_a_contract_is_changed_and_what_stays_the_same_leaves_no_entry(admin: Client) -> None:
    contract = a_contract(a_connection())
    form = {name: value for name, value in FORM.items() if "-" not in name}
    assert "has been saved" in admin.post(f"/savings/{contract.pk}/terms/", form, follow=True).text
    assert "Nothing was changed." in admin.post(f"/savings/{contract.pk}/terms/", form, follow=True).text
    entry = Entry.objects.get(action="contract.changed")
    assert entry.after["ladder"] == FORM["ladder"] != entry.before["ladder"]


def test_a_change_of_what_is_bought_is_recorded_and_taken_back(admin: Client) -> None:
    contract = a_contract(a_connection())
    bought = {"licence": "member", "seats": "15", "price": "9", "period": "month", "valid_from": "2026-03-01"}
    admin.post(f"/savings/{contract.pk}/purchases/", bought)
    newest = contract.purchases.get(seats=15)
    assert SeatPrice.objects.get().amount == Decimal("9.00")
    admin.post(f"/savings/purchases/{newest.pk}/remove/")
    only = contract.purchases.get()
    assert SeatPrice.objects.get().amount == Decimal("10.00")
    refused = admin.post(f"/savings/purchases/{only.pk}/remove/", follow=True)
    assert "the only purchase of member seats" in refused.text
    assert Entry.objects.filter(action="contract.purchase_changed").count() == 2


def test_two_contracts_do_not_cover_the_same_workspace(admin: Client) -> None:
    connection = a_connection()
    first, second = (
        a_workspace(connection, "One", "one.example"),
        a_workspace(connection, "Two", "two.example"),
    )
    a_contract(connection, workspaces=(first,))
    with pytest.raises(ContractRefused, match="covers the same workspaces"):
        a_contract(connection, workspaces=(first, second), name="Another")
    with pytest.raises(ContractRefused, match="covers the same workspaces"):
        a_contract(connection, name="Another")
    a_contract(connection, workspaces=(second,), name="Another")
    answer = admin.post(f"/savings/add/{connection.pk}/", FORM | {"name": "Third"})
    assert answer.status_code == 422
    assert "covers the same workspaces" in answer.text


def test_a_contract_keeps_its_currency() -> None:
    contract = a_contract(a_connection())
    answer = signed_in(UserRole.ADMIN).post(f"/savings/{contract.pk}/terms/", FORM | {"currency": "USD"})
    assert answer.status_code == 422
    assert "A contract keeps its currency." in answer.text


def test_the_seat_price_of_other_pages_is_that_of_the_contract_until_it_is_deleted(admin: Client) -> None:
    connection = a_connection()
    set_price(connection, Decimal(30), "USD", SYSTEM)
    contract = a_contract(connection, member_seats(20, "100.00", PricePeriod.YEAR))
    assert str(SeatPrice.objects.get()) == "8.33 EUR"
    assert "8.33 EUR a month, from the contract" in text(admin.get("/settings/prices/"))
    with pytest.raises(PriceOfContract):
        set_price(connection, Decimal(30), "USD", SYSTEM)
    fields = {f"connection-{connection.pk}-amount": "1", f"connection-{connection.pk}-currency": "EUR"}
    admin.post("/settings/prices/", fields)
    assert str(SeatPrice.objects.get()) == "8.33 EUR"
    admin.post(f"/savings/{contract.pk}/delete/")
    assert set_price(connection, Decimal(30), "USD", SYSTEM)
    assert Entry.objects.filter(action="contract.deleted").exists()


def test_of_two_contracts_the_larger_one_says_the_seat_price() -> None:
    connection = a_connection()
    one, two = a_workspace(connection, "One", "one.example"), a_workspace(connection, "Two", "two.example")
    a_contract(connection, member_seats(50, "20.00"), workspaces=(one,), name="Large")
    a_contract(connection, member_seats(10, "30.00"), workspaces=(two,), name="Small")
    assert SeatPrice.objects.get().amount == Decimal("20.00")


def test_a_price_that_begins_today_is_carried_to_other_pages() -> None:
    contract = a_contract(a_connection())
    LicencePurchase.objects.create(
        contract=contract,
        licence=Licence.MEMBER,
        valid_from=timezone.localdate() - timedelta(days=1),
        seats=20,
        price=Decimal("12.00"),
        period="month",
    )
    carry_all_prices(SYSTEM)
    assert SeatPrice.objects.get().amount == Decimal("12.00")


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.OPERATOR, UserRole.APPROVER])
def test_everybody_else_reads_the_terms_and_changes_none(role: UserRole) -> None:
    contract = a_contract(a_connection())
    client = signed_in(role)
    shown = client.get(f"/savings/{contract.pk}/terms/").text
    assert "40 days before the renewal" in shown
    assert "Save contract" not in shown
    for path in ("terms/", "purchases/", "delete/"):
        assert client.post(f"/savings/{contract.pk}/{path}", FORM).status_code == 403
    assert client.get(f"/savings/add/{contract.connection_id}/").status_code == 403
    assert Contract.objects.get().renews_on == date(2027, 3, 1)
