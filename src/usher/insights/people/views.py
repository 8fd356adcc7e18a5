"""The people list with its CSV, the selection of everyone in it for removal, and the page of one person."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs
from usher.activity.usage.conditions import listed
from usher.connections.models import Connection, Mode
from usher.insights.people.confidence import CoverageLookup
from usher.insights.people.export import PEOPLE_COLUMNS, as_usage_record
from usher.insights.people.filters import PRESETS, UsageFilter
from usher.insights.people.tables import PeopleWithUsageTable
from usher.removal.leavers.candidates import AT_ONCE
from usher.removal.leavers.selection import address_for, address_to_pause
from usher.removal.models import Case
from usher.roster.models import Change, Licence, Membership, Person, Status
from usher.roster.query import memberships
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table
from usher.web.replica import may_read_replica

IN_MORE_FILTERS = ("connection", "affiliation", "domain", "columns")


@require_GET
@may_read_replica
def people(request: HttpRequest) -> HttpResponse:
    """Everyone, one row for each membership."""
    filtered = _filtered(request)
    columns = _columns(request)
    hidden = [name for name in PeopleWithUsageTable.OPTIONAL if name not in columns]
    table = PeopleWithUsageTable(filtered.qs, exclude=hidden)
    table.counts_with_page = filtered.finds_many
    configure_table(request, table)
    context = {
        "filter": filtered,
        "table": table,
        "columns": [
            (name, PeopleWithUsageTable.base_columns[name].verbose_name or name.capitalize(), name in columns)
            for name in PeopleWithUsageTable.OPTIONAL
        ],
        "more_open": any(request.GET.get(name) for name in (*IN_MORE_FILTERS, *filtered.day_parameters)),
        "presets": PRESETS,
        "has_connections": Connection.objects.exists(),
        "has_people": bool(table.page.object_list) or Membership.objects.exists(),
    }
    return render(request, "insights/people.html", context)


def _columns(request: HttpRequest) -> list[str]:
    requested = [name for name in request.GET.getlist("columns") if name in PeopleWithUsageTable.OPTIONAL]
    if requested:
        return requested
    several = Connection.objects.count() > 1
    return [*PeopleWithUsageTable.SHOWN_AT_FIRST, *(["connection"] if several else [])]


@require_GET
@may_read_replica
def people_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All rows that match the filters, as CSV."""
    # Without joins the first rows come at once, in the order of an index.
    rows = _filtered(request).qs.order_by("name", "pk").select_related(None)
    rows = rows.prefetch_related("person__connection", "workspace")
    coverage = CoverageLookup.of_all()
    records = (as_usage_record(row, coverage.arrival(row)) for row in rows.iterator(chunk_size=2000))
    return csv_download("people", PEOPLE_COLUMNS, records)


@needs(Action.OPEN_CASES)
@require_GET
def every_person(request: HttpRequest) -> HttpResponse:
    """Selects everyone who matches the filters, and goes on to the removal form, or to the list of those to pause."""
    people = _filtered(request).qs.filter(status=Status.ACTIVE, person__connection__disconnected_at=None)
    in_order = people.order_by("name", "pk").values_list("person", flat=True)
    if request.GET.get("then") == "pause":
        can_be_paused = in_order.filter(licence=Licence.MEMBER, workspace__is_organization=True)
        return redirect(address_to_pause(can_be_paused[: 2 * AT_ONCE], request.session))
    keys = in_order.filter(person__connection__mode=Mode.ACT)[: 2 * AT_ONCE]
    cause = Case.Cause.IDLE if request.GET.get("cause") == Case.Cause.IDLE else Case.Cause.BY_HAND
    return redirect(address_for(keys, cause, request.session))


def _filtered(request: HttpRequest) -> UsageFilter:
    return UsageFilter(request.GET, queryset=listed(), request=request)


@require_GET
@may_read_replica
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: account, employment, removal, memberships, usage and history."""
    person = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    theirs = memberships().filter(person=person)
    context = {
        "person": person,
        "memberships": theirs.order_by("status", "workspace__name"),
        "changes": Change.objects.filter(membership__in=theirs.select_related(None)).select_related(
            "membership__workspace"
        ),
    }
    return render(request, "insights/person.html", context)
