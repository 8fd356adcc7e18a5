"""What a seat costs, as a page."""

from decimal import Decimal

import pytest

from tests.support.removal.accounts import signed_in
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.roster.models import SeatPrice

ADDRESS = "/settings/prices/"


def fields(connection: Connection, amount: str, currency: str = "EUR") -> dict[str, str]:
    return {f"connection-{connection.pk}-amount": amount, f"connection-{connection.pk}-currency": currency}


def test_a_price_is_set_changed_and_forgotten_and_the_ledger_says_so(connection: Connection) -> None:
    admin = signed_in(UserRole.ADMIN)
    for amount, expected in (("24.99", ["24.99 EUR"]), ("30", ["30.00 EUR"]), ("", [])):
        answer = admin.post(ADDRESS, fields(connection, amount), follow=True)
        assert "The prices have been saved." in answer.content.decode()
        assert [str(price) for price in SeatPrice.objects.all()] == expected
    entries = Entry.objects.filter(action="settings.seat_price_changed").order_by("number")
    assert [(entry.before["price"], entry.after["price"]) for entry in entries] == [
        (None, "24.99 EUR"),
        ("24.99 EUR", "30.00 EUR"),
        ("30.00 EUR", None),
    ]


def test_saving_the_same_price_leaves_no_entry(connection: Connection) -> None:
    admin = signed_in(UserRole.ADMIN)
    admin.post(ADDRESS, fields(connection, "12.5"))
    answer = admin.post(ADDRESS, fields(connection, "12.50"), follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert Entry.objects.filter(action="settings.seat_price_changed").count() == 1


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("-1", "EUR", "greater than or equal to 0"),
        ("1.234", "EUR", "no more than 2 decimal places"),
        ("much", "EUR", "Enter a number."),
        ("1", "XXX", "not one of the available choices"),
        ("123456789", "EUR", "no more than 8 digits before the decimal point"),
    ],
)
def test_what_is_no_price_is_refused_beside_its_field(
    connection: Connection, amount: str, currency: str, words: str
) -> None:
    answer = signed_in(UserRole.ADMIN).post(ADDRESS, fields(connection, amount, currency))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SeatPrice.objects.exists()


def test_a_stored_currency_that_is_not_usual_is_kept(connection: Connection) -> None:
    SeatPrice.objects.create(connection=connection, amount=Decimal(9), currency="ISK")
    admin = signed_in(UserRole.ADMIN)
    assert "ISK" in admin.get(ADDRESS).content.decode()
    admin.post(ADDRESS, fields(connection, "10", "ISK"))
    assert str(SeatPrice.objects.get()) == "10.00 ISK"


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.OPERATOR, UserRole.APPROVER])
def test_everybody_else_reads_the_prices_and_changes_none(connection: Connection, role: UserRole) -> None:
    SeatPrice.objects.create(connection=connection, amount=Decimal("24.99"), currency="EUR")
    client = signed_in(role)
    shown = client.get(ADDRESS).content.decode()
    assert "24.99 EUR a month" in shown
    assert '<button class="btn btn-primary">' not in shown
    assert client.post(ADDRESS, fields(connection, "1")).status_code == 403
    assert str(SeatPrice.objects.get()) == "24.99 EUR"


@pytest.mark.django_db(transaction=True)
def test_without_a_connection_the_page_says_where_to_make_one() -> None:
    assert "No account is connected" in signed_in(UserRole.ADMIN).get(ADDRESS).content.decode()
