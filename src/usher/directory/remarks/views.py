"""The list of people who may be leavers."""

from datetime import date

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.directory.employment.filters import GroupFilter
from usher.directory.remarks.possible import (
    POSSIBLE_COLUMNS,
    possible_leavers_listed,
    possible_records,
    why_possible,
)
from usher.directory.remarks.tables import PossibleLeaversTable
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table
from usher.web.replica import may_read_replica


@require_GET
def possible(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    filtered = _possible(request, today)
    table = PossibleLeaversTable(filtered.qs, today)
    configure_table(request, table)
    table.explain(why_possible([row.record.pk for row in table.paginated_rows], today))
    return render(request, "directory/possible_leavers.html", {"filter": filtered, "table": table})


@require_GET
@may_read_replica
def possible_csv(request: HttpRequest) -> StreamingHttpResponse:
    today = timezone.localdate()
    people = _possible(request, today).qs.order_by("name", "pk")
    return csv_download("possible-leavers", POSSIBLE_COLUMNS, possible_records(people, today))


def _possible(request: HttpRequest, today: date) -> GroupFilter:
    return GroupFilter(request.GET, queryset=possible_leavers_listed(today), request=request)
