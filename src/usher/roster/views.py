"""The pages of people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from usher.connections.models import Connection, SyncRun
from usher.roster.export import COLUMNS, as_record
from usher.roster.filters import DAYS, PeopleFilter
from usher.roster.models import Change, Membership, Person
from usher.roster.query import memberships
from usher.roster.tables import PeopleTable
from usher.web.csv_export import csv_lines
from usher.web.tables import PAGE_SIZES

USUAL_PAGE_SIZE = 50
CHANGES_A_PAGE = 100
IN_MORE_FILTERS = ("connection", "affiliation", "domain", *DAYS, "columns")


@dataclass(frozen=True)
class PeopleList:
    """What a page of people shows. A capability above brings its own, with more columns and filters."""

    table: type[PeopleTable] = PeopleTable
    filters: type[PeopleFilter] = PeopleFilter
    query: Callable[[], QuerySet[Membership]] = memberships
    template: str = "roster/people.html"
    csv_columns: tuple[str, ...] = COLUMNS
    record: Callable[[Membership], dict[str, str | None]] = as_record
    presets: Sequence[tuple[str, str]] = ()
    in_more_filters: tuple[str, ...] = IN_MORE_FILTERS

    def narrowed(self, request: HttpRequest) -> PeopleFilter:
        """By what the address asks for. A filter that is nonsense filters nothing, and its form says so."""
        return self.filters(request.GET, queryset=self.query(), request=request)


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    return people_page(request, PeopleList())


@require_GET
def people_csv(request: HttpRequest) -> StreamingHttpResponse:
    return people_as_csv(request, PeopleList())


def people_page(request: HttpRequest, shown: PeopleList) -> HttpResponse:
    """Everyone: search, filter, sort, page."""
    narrowed = shown.narrowed(request)
    chosen = _columns(request, shown.table)
    table = shown.table(narrowed.qs, exclude=[name for name in shown.table.OPTIONAL if name not in chosen])
    RequestConfig(request, paginate=False).configure(table)
    table.paginate(per_page=_page_size(request))
    table.page = table.paginator.get_page(request.GET.get("page"))
    context = {
        "filter": narrowed,
        "table": table,
        "columns": [
            (name, shown.table.base_columns[name].verbose_name or name.capitalize(), name in chosen)
            for name in shown.table.OPTIONAL
        ],
        "more_open": any(request.GET.get(name) for name in shown.in_more_filters),
        "presets": shown.presets,
        "has_connections": Connection.objects.exists(),
        "has_people": bool(table.page.object_list) or Membership.objects.exists(),
    }
    return render(request, shown.template, context)


def _columns(request: HttpRequest, table: type[PeopleTable]) -> list[str]:
    asked = [name for name in request.GET.getlist("columns") if name in table.OPTIONAL]
    if asked:
        return asked
    several = Connection.objects.count() > 1
    return [*table.SHOWN_AT_FIRST, *(["connection"] if several else [])]


def _page_size(request: HttpRequest) -> int:
    asked = request.GET.get("per_page")
    return next((size for size in PAGE_SIZES if str(size) == asked), USUAL_PAGE_SIZE)


def people_as_csv(request: HttpRequest, shown: PeopleList) -> StreamingHttpResponse:
    """What is filtered, whole, as CSV; in constant memory."""
    found = shown.narrowed(request).qs.order_by("person__name", "pk")
    name = f"usher-people-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        csv_lines(shown.csv_columns, (shown.record(row) for row in found.iterator(chunk_size=2000))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: memberships, and their history as a timeline."""
    found = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    context = {
        "person": found,
        "memberships": memberships().filter(person=found).order_by("status", "workspace__name"),
        "changes": Change.objects.filter(
            membership__in=memberships().filter(person=found).select_related(None)
        ).select_related("membership__workspace"),
    }
    return render(request, "roster/person.html", context)


@require_GET
def run(request: HttpRequest, pk: int, run_pk: int) -> HttpResponse:
    """One sync: how it went, and what changed."""
    found = get_object_or_404(SyncRun.objects.select_related("connection"), pk=run_pk, connection=pk)
    changes = found.roster_changes.select_related("membership__person", "membership__workspace").order_by(
        "kind", "membership__person__name", "pk"
    )
    context = {
        "run": found,
        "connection": found.connection,
        "walks": found.walks.select_related("workspace").order_by("workspace__name"),
        "page": Paginator(changes, CHANGES_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "roster/run.html", context)
