"""The invoice, divided: every cent in exactly one row."""

import csv
import io
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.support.contracts.agreed import a_contract, member_seats
from tests.support.removal.company import a_company, people, text
from tests.support.removal.leaving import hires
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.contracts.agreements.query import contracts_seen
from usher.contracts.arithmetic.amounts import PricePeriod
from usher.contracts.costs.division import (
    NO_DEPARTMENT,
    UNUSED,
    CostShare,
    Grouping,
    InvoicePeriod,
    cost_shares,
    divided,
    grouped,
)
from usher.contracts.models import Contract
from usher.contracts.seats.counting import covered
from usher.roster.models import Licence

shares = st.builds(
    CostShare,
    st.sampled_from(["", "One", "Two"]),
    st.sampled_from(["Sales", "IT", NO_DEPARTMENT]),
    st.sampled_from([Licence.MEMBER, Licence.VIEW_ONLY]),
    st.integers(0, 50),
    st.decimals(0, 9_999, places=2),
)


@given(st.lists(shares, max_size=20), st.sampled_from(Grouping))
def test_however_the_rows_are_grouped_they_are_the_invoice(of: list[CostShare], grouping: Grouping) -> None:
    total = sum((one.amount for one in of), Decimal(0))
    rows = grouped(of, grouping, total)
    assert sum((row.amount for row in rows), Decimal(0)) == total
    assert sum(row.seats for row in rows) == sum(one.seats for one in of)


def a_company_with_departments(price: str, seats: int, period: PricePeriod = PricePeriod.YEAR) -> Contract:
    """Eight members: two admins, four in Sales and one in IT, one of no department."""
    workspace = a_company()
    found = people(workspace, 6)
    hires(found[:4], department="Sales")
    hires(found[4:5], department="IT")
    a_contract(workspace.connection, member_seats(seats, price, period))
    return contracts_seen().get()


@pytest.mark.django_db
@pytest.mark.parametrize("grouping", Grouping)
@pytest.mark.parametrize("span", InvoicePeriod)
@pytest.mark.parametrize("bought", [0, 3, 7, 8, 11])
def test_the_rows_add_up_to_the_invoice_to_the_cent(
    grouping: Grouping, span: InvoicePeriod, bought: int
) -> None:
    contract = a_company_with_departments("99.97", bought)
    places = covered([contract])[contract.pk]
    found = divided(contract, places, grouping, span, timezone.localdate())
    assert sum((row.amount for row in found.rows), Decimal(0)) == found.total
    if span == InvoicePeriod.YEAR:
        assert found.total == Decimal("99.97") * bought


@pytest.mark.django_db
def test_the_months_of_a_contracts_year_are_its_invoice() -> None:
    contract = a_company_with_departments("99.97", 7)
    places = covered([contract])[contract.pk]
    months = [
        divided(
            contract, places, Grouping.BOTH, InvoicePeriod.MONTH, contract.renews_on.replace(month=month)
        ).total
        for month in range(1, 13)
    ]
    assert sum(months) == Decimal("99.97") * 7


@pytest.mark.django_db
def test_each_department_bears_its_seats_and_what_nobody_uses_has_its_own_row() -> None:
    contract = a_company_with_departments("10.00", 11, PricePeriod.MONTH)
    places = covered([contract])[contract.pk]
    found = divided(contract, places, Grouping.DEPARTMENT, InvoicePeriod.MONTH, timezone.localdate())
    assert [(row.department, row.seats, row.amount) for row in found.rows] == [
        ("Sales", 4, Decimal("40.00")),
        (NO_DEPARTMENT, 3, Decimal("30.00")),
        ("IT", 1, Decimal("10.00")),
        (UNUSED, 3, Decimal("30.00")),
    ]


@pytest.mark.django_db
def test_view_only_licences_that_are_free_cost_nobody_anything() -> None:
    connection = a_connection()
    workspace = a_workspace(connection, "Org", "acme.example")
    a_member(workspace, "Ada")
    a_member(workspace, "Vi", licence="view_only")
    a_contract(connection, member_seats(2))
    contract = contracts_seen().get()
    _, found = cost_shares(
        contract, covered([contract])[contract.pk], InvoicePeriod.YEAR, timezone.localdate()
    )
    assert [(one.licence, one.seats) for one in found] == [(Licence.MEMBER, 1), (Licence.MEMBER, 1)]


@pytest.mark.django_db
def test_the_page_and_the_file_say_the_same(admin: Client) -> None:
    contract = a_company_with_departments("24.99", 10, PricePeriod.MONTH)
    shown = text(admin.get(f"/savings/{contract.pk}/costs/?by=department&for=year"))
    assert "2,998.80 EUR" in shown
    answer = admin.get(f"/savings/{contract.pk}/costs/export.csv?by=department&for=year")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal("2998.80")
    for row in rows:
        assert f"{Decimal(row['amount']):,.2f} EUR" in shown
    for query in ("", "?by=workspace", "?by=both&for=month", "?by=nonsense&for=ever"):
        assert admin.get(f"/savings/{contract.pk}/costs/{query}").status_code == 200
