"""Who bears the invoice: a page and a CSV file."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs
from usher.activity.usage.figures import today_of
from usher.contracts.agreements.query import contracts_seen
from usher.contracts.costs.division import DividedInvoice, Grouping, InvoicePeriod, divided
from usher.contracts.models import Contract
from usher.contracts.seats.counting import covered
from usher.web.csv_export import csv_download
from usher.web.money import money
from usher.web.replica import may_read_replica

COST_COLUMNS = ("workspace", "department", "seats", "amount", "currency", "for", "as_of")
BARS_SHOWN = 20
E = TypeVar("E", bound=StrEnum)


@needs(Action.READ)
@require_GET
@may_read_replica
def costs(request: HttpRequest, pk: int) -> HttpResponse:
    contract = get_object_or_404(contracts_seen(), pk=pk)
    grouping, period = _asked(request)
    found = _divided(contract, grouping, period)
    context = {
        "contract": contract,
        "rows": [(row, money(row.amount, contract.currency)) for row in found.rows],
        "lines": [
            (line, money(line.purchase.price, contract.currency), money(line.amount, contract.currency))
            for line in found.lines
        ],
        "total": money(found.total, contract.currency),
        "seats": sum(row.seats for row in found.rows),
        "grouping": grouping,
        "period": period,
        "groupings": [
            (Grouping.DEPARTMENT, "Department"),
            (Grouping.WORKSPACE, "Workspace"),
            (Grouping.BOTH, "Workspace and department"),
        ],
        "periods": [(InvoicePeriod.YEAR, "A year"), (InvoicePeriod.MONTH, "This month")],
        "chart": _chart(found, contract.currency),
    }
    return render(request, "contracts/costs.html", context)


@needs(Action.READ)
@require_GET
@may_read_replica
def costs_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    contract = get_object_or_404(contracts_seen(), pk=pk)
    grouping, period = _asked(request)
    found = _divided(contract, grouping, period)
    return csv_download("asana-costs", COST_COLUMNS, _records(contract, found, period))


def _divided(contract: Contract, grouping: Grouping, period: InvoicePeriod) -> DividedInvoice:
    places = covered([contract])[contract.pk]
    return divided(contract, places, grouping, period, today_of(contract.connection))


def _asked(request: HttpRequest) -> tuple[Grouping, InvoicePeriod]:
    return _one_of(Grouping, request.GET.get("by")), _one_of(InvoicePeriod, request.GET.get("for"))


def _one_of(kind: type[E], text: str | None) -> E:
    """The first where the address says none."""
    return next((one for one in kind if one.value == text), next(iter(kind)))


def _records(
    contract: Contract, found: DividedInvoice, period: InvoicePeriod
) -> Iterator[Mapping[str, object]]:
    today = today_of(contract.connection)
    for row in found.rows:
        yield {
            "workspace": row.workspace,
            "department": row.department,
            "seats": row.seats,
            "amount": f"{row.amount:.2f}",
            "currency": contract.currency,
            "for": period.value,
            "as_of": today.isoformat(),
        }


def _chart(found: DividedInvoice, currency: str) -> dict[str, object]:
    shown = found.rows[:BARS_SHOWN]
    return {
        "categories": [row.name for row in shown],
        "series": [{"name": "Cost", "values": [float(row.amount) for row in shown], "color": "blue"}],
        "unit": currency,
    }
