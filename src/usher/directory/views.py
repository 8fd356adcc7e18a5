"""The pages of the directory: its sources, the groups of people, employees."""

from collections.abc import Iterator

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from django_tables2 import RequestConfig, Table

from usher.access.roles import Action, actor_of, needs
from usher.directory import export, sources
from usher.directory.employment.figures import group_counts, people_of, proposals, source_lines, without_seat
from usher.directory.employment.labels import GROUP_WORDS
from usher.directory.employment.status import EmploymentGroup
from usher.directory.filters import EmployeeFilter, GroupFilter
from usher.directory.forms import NewSourceForm, SourceForm
from usher.directory.models import DomainAlias, Employee, Import, Match, Source
from usher.directory.tables import EmployeeTable, GroupTable
from usher.roster.models import Person
from usher.web.csv_export import csv_lines
from usher.web.tables import PAGE_SIZES

USUAL_PAGE_SIZE = 50
IMPORTS_SHOWN = 20
CHANGES_A_PAGE = 50


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    counts = group_counts(today)
    context = {
        "sources": source_lines(today),
        "groups": counts,
        "has_people": any(each.people for each in counts),
        "without_seat": without_seat(today).count(),
        "proposals": proposals().values("person").distinct().count(),
        "aliases": DomainAlias.objects.count(),
    }
    return render(request, "directory/home.html", context)


@require_GET
def group(request: HttpRequest, name: str) -> HttpResponse:
    """The people of one group."""
    chosen = _group(name)
    narrowed = GroupFilter(request.GET, queryset=people_of(chosen, timezone.localdate()), request=request)
    table = _configured(request, GroupTable(narrowed.qs))
    context = {"group": chosen, "words": GROUP_WORDS[chosen], "filter": narrowed, "table": table}
    return render(request, "directory/group.html", context)


@require_GET
def group_csv(request: HttpRequest, name: str) -> StreamingHttpResponse:
    chosen = _group(name)
    narrowed = GroupFilter(request.GET, queryset=people_of(chosen, timezone.localdate()), request=request)
    found: QuerySet[Person] = narrowed.qs.order_by("name", "pk")
    return _csv(f"usher-{chosen.value}", csv_lines(export.COLUMNS, export.records(found)))


@require_GET
def employees_without_seat(request: HttpRequest) -> HttpResponse:
    narrowed = EmployeeFilter(request.GET, queryset=without_seat(timezone.localdate()), request=request)
    context = {"filter": narrowed, "table": _configured(request, EmployeeTable(narrowed.qs))}
    return render(request, "directory/without_seat.html", context)


@require_GET
def employees_without_seat_csv(request: HttpRequest) -> StreamingHttpResponse:
    narrowed = EmployeeFilter(request.GET, queryset=without_seat(timezone.localdate()), request=request)
    found = export.employee_records(narrowed.qs.order_by("name", "pk"))
    return _csv("usher-employees-without-seat", csv_lines(export.EMPLOYEE_COLUMNS, found))


@require_GET
def employee(request: HttpRequest, pk: int) -> HttpResponse:
    """One employee: what the source says, who they are in Asana, and their history."""
    found = get_object_or_404(Employee.objects.select_related("source"), pk=pk)
    changes = Paginator(found.changes.select_related("batch").defer("batch__content"), CHANGES_A_PAGE)
    context = {
        "employee": found,
        "status": found.status_on(timezone.localdate()),
        "matches": found.matches.exclude(state=Match.State.REJECTED)
        .select_related("person__connection")
        .order_by("state", "pk"),
        "page": changes.get_page(request.GET.get("page")),
    }
    return render(request, "directory/employee.html", context)


@needs(Action.READ, to_change=Action.SETTINGS)
@require_http_methods(["GET", "POST"])
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: its imports, and its name and rank to change."""
    found = get_object_or_404(Source, pk=pk)
    form = SourceForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        sources.change(actor_of(request), found, form.cleaned_data["name"], form.cleaned_data["rank"])
        messages.success(request, "Saved. All matches are up to date.")
        return redirect("directory:source", found.pk)
    context = {
        "source": Source.objects.get(pk=pk),
        "line": next(line for line in source_lines(timezone.localdate()) if line.source.pk == pk),
        "form": form,
        "imports": found.imports.exclude(state=Import.State.DROPPED).defer("content")[:IMPORTS_SHOWN],
        "pushed_groups": found.groups.order_by("name")[:IMPORTS_SHOWN],
    }
    return render(request, "directory/source.html", context)


@needs(Action.SETTINGS)
@require_http_methods(["GET", "POST"])
def add_source(request: HttpRequest) -> HttpResponse:
    form = NewSourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = sources.add(
            actor_of(request),
            form.cleaned_data["name"],
            Source.Kind(form.cleaned_data["kind"]),
            form.cleaned_data["rank"],
        )
        return redirect("directory:source", made.pk)
    return render(request, "directory/add_source.html", {"form": form})


@require_GET
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One import that counts: what it changed."""
    found = get_object_or_404(
        Import.objects.select_related("source").defer("content"), pk=pk, state=Import.State.APPLIED
    )
    changes = found.changes.select_related("employee").order_by("kind", "employee__name", "pk")
    page = Paginator(changes, CHANGES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "directory/import.html", {"import": found, "source": found.source, "page": page})


def _group(name: str) -> EmploymentGroup:
    try:
        return EmploymentGroup(name)
    except ValueError as error:
        raise Http404(f"There is no group {name}.") from error


def _configured(request: HttpRequest, table: Table) -> Table:
    RequestConfig(request, paginate=False).configure(table)
    asked = request.GET.get("per_page")
    table.paginate(per_page=next((size for size in PAGE_SIZES if str(size) == asked), USUAL_PAGE_SIZE))
    table.page = table.paginator.get_page(request.GET.get("page"))
    return table


def _csv(name: str, lines: Iterator[str]) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'},
    )
