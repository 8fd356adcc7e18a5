"""The lists of people by group, and of employees without a seat."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.directory.employment import export
from usher.directory.employment.figures import standings_of, without_seat
from usher.directory.employment.filters import EmployeeFilter, GroupFilter
from usher.directory.employment.labels import GROUP_MEANINGS
from usher.directory.employment.status import EmploymentGroup
from usher.directory.employment.tables import EmployeeTable, GroupTable
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table
from usher.web.replica import may_read_replica


@require_GET
@may_read_replica
def group(request: HttpRequest, name: str) -> HttpResponse:
    chosen = _group(name)
    today = timezone.localdate()
    filtered = _people(request, chosen, today)
    table = GroupTable(filtered.qs, today, is_filtered=filtered.has_filters)
    configure_table(request, table)
    context = {"group": chosen, "meaning": GROUP_MEANINGS[chosen], "filter": filtered, "table": table}
    return render(request, "directory/group.html", context)


@require_GET
@may_read_replica
def group_csv(request: HttpRequest, name: str) -> StreamingHttpResponse:
    chosen = _group(name)
    today = timezone.localdate()
    people = _people(request, chosen, today).qs.order_by("name", "pk")
    return csv_download(chosen.value, export.COLUMNS, export.records(people, today))


@require_GET
@may_read_replica
def employees_without_seat(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    filtered = _employees(request, today)
    table = EmployeeTable(filtered.qs, today, is_filtered=filtered.has_filters)
    configure_table(request, table)
    return render(request, "directory/without_seat.html", {"filter": filtered, "table": table})


@require_GET
@may_read_replica
def employees_without_seat_csv(request: HttpRequest) -> StreamingHttpResponse:
    employees = _employees(request, timezone.localdate()).qs.order_by("name", "pk")
    records = export.employee_records(employees)
    return csv_download("employees-without-seat", export.EMPLOYEE_COLUMNS, records)


def _group(name: str) -> EmploymentGroup:
    try:
        return EmploymentGroup(name)
    except ValueError as error:
        raise Http404(f"There is no group {name}.") from error


def _people(request: HttpRequest, group: EmploymentGroup, today: date) -> GroupFilter:
    return GroupFilter(request.GET, queryset=standings_of(group, today), request=request)


def _employees(request: HttpRequest, today: date) -> EmployeeFilter:
    return EmployeeFilter(request.GET, queryset=without_seat(today), request=request)
