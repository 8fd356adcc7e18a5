"""The overview of all contracts, and the page of each: what it needs, what it saves and has saved."""

from collections.abc import Iterator, Mapping

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs, signed_in
from usher.activity.models import ListedMembership
from usher.connections.models import Connection, Mode
from usher.contracts.agreements.query import contracts_seen
from usher.contracts.arithmetic import overage
from usher.contracts.models import Contract
from usher.contracts.savings.outlook import ContractOutlook, outlooks
from usher.contracts.savings.past import past_of
from usher.contracts.savings.tables import FREEABLE_COLUMNS, SeatsToFreeTable, freeable_rows, why_words
from usher.contracts.seats.freed import KINDS, RealisedSavings
from usher.contracts.seats.to_free import seats_to_free
from usher.removal.leavers.query import people_in_cases
from usher.roster.models import Licence
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table, page_of
from usher.web.money import money
from usher.web.replica import may_read_replica

CONTRACTS_ON_A_PAGE = 50
PEOPLE_SHOWN = 10
REALISED_COLUMNS = ("month", "reason", "amount", "currency")


@needs(Action.READ)
@require_GET
@may_read_replica
def overview(request: HttpRequest) -> HttpResponse:
    page = page_of(request, contracts_seen().order_by("name", "pk"), CONTRACTS_ON_A_PAGE)
    without = Connection.objects.filter(disconnected_at=None, contracts=None).only("name")
    context = {
        "page": page,
        "outlooks": outlooks(list(page)),
        "without": list(without),
        "has_connections": Connection.objects.exists(),
    }
    return render(request, "contracts/savings.html", context)


@needs(Action.READ)
@require_GET
@may_read_replica
def contract(request: HttpRequest, pk: int) -> HttpResponse:
    outlook = _outlook(pk)
    past = past_of(outlook)
    in_cases = frozenset(people_in_cases(outlook.contract.connection))
    context = {
        "contract": outlook.contract,
        "outlook": outlook,
        "people": [(one, why_words(one, in_cases)) for one in _to_free(outlook)[:PEOPLE_SHOWN]],
        "past": past,
        "realised_total": money(past.realised.total, outlook.contract.currency),
        "asana_on_overage": overage.SOURCE,
    }
    return render(request, "contracts/contract.html", context)


@needs(Action.READ)
@require_GET
@may_read_replica
def seats(request: HttpRequest, pk: int) -> HttpResponse:
    outlook = _outlook(pk)
    connection = outlook.contract.connection
    may_remove = signed_in(request).may(Action.OPEN_CASES) and connection.mode == Mode.ACT
    table = SeatsToFreeTable(
        _to_free(outlook),
        frozenset(people_in_cases(connection)),
        offers_removal=may_remove and connection.is_connected,
    )
    configure_table(request, table)
    context = {"contract": outlook.contract, "outlook": outlook, "table": table}
    return render(request, "contracts/seats.html", context)


@needs(Action.READ)
@require_GET
@may_read_replica
def seats_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    rows = _to_free(_outlook(pk))
    return csv_download("seats-to-free", FREEABLE_COLUMNS, freeable_rows(rows))


@needs(Action.READ)
@require_GET
@may_read_replica
def realised_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    outlook = _outlook(pk)
    return csv_download(
        "realised-savings", REALISED_COLUMNS, _realised_rows(outlook.contract, past_of(outlook).realised)
    )


def _realised_rows(of: Contract, savings: RealisedSavings) -> Iterator[Mapping[str, object]]:
    for month, parts in savings.months.items():
        for kind, amount in parts.items():
            yield {
                "month": f"{month:%Y-%m}",
                "reason": KINDS[kind],
                "amount": f"{amount:.2f}",
                "currency": of.currency,
            }


def _outlook(pk: int) -> ContractOutlook:
    found = get_object_or_404(contracts_seen(), pk=pk)
    return outlooks([found])[0]


def _to_free(outlook: ContractOutlook) -> QuerySet[ListedMembership]:
    """Of member seats."""
    places = outlook.places
    until = dict.fromkeys(places.keys, outlook.counts_from)
    rows = seats_to_free([outlook.contract.connection], until, timezone.now())
    return rows.filter(places.condition(Licence.MEMBER)).select_related("workspace")
