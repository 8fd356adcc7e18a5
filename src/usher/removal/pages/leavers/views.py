"""The page of leavers, and what a leaver owns in Asana."""

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs, signed_in
from usher.asana import AsanaError
from usher.connections.models import Connection, Mode
from usher.directory.employment.possible_leavers import possible_leavers
from usher.directory.models import Source
from usher.removal.execution.owned import owned_by
from usher.removal.execution.task_lookups import TooManyLookups, note_lookup
from usher.removal.guardrails.protection import reasons_why_protected
from usher.removal.leavers.candidates import with_active_memberships
from usher.removal.leavers.figures import LeaverTab, figures_of
from usher.removal.leavers.query import leavers as all_leavers
from usher.removal.leavers.query import people_in_cases
from usher.removal.pages.leavers.export import LEAVER_COLUMNS, leaver_rows
from usher.removal.pages.leavers.filters import LeaversFilter
from usher.removal.pages.leavers.tables import LeaversTable, can_be_selected
from usher.roster.models import Person
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table
from usher.web.money import money_by_currency
from usher.web.phrases import counted
from usher.web.replica import may_read_replica


@needs(Action.READ)
@require_GET
@may_read_replica
def leavers(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    in_cases = people_in_cases()
    everyone = all_leavers(today=today, in_cases=in_cases)
    filtered = LeaversFilter(request.GET, queryset=everyone, request=request)
    in_connection = LeaversFilter({"connection": request.GET.get("connection", "")}, queryset=everyone)
    figures = figures_of(in_connection.qs)
    connections = list(Connection.objects.filter(disconnected_at=None))
    may_open = signed_in(request).may(Action.OPEN_CASES)
    offers_removal = may_open and any(one.mode == Mode.ACT for one in connections)
    table = LeaversTable(
        filtered.qs.prefetch_related(with_active_memberships()),
        today,
        filtered.standings(today, in_cases),
        offers_removal=offers_removal,
        has_prices=bool(figures.cost),
        several_connections=len(connections) > 1,
    )
    configure_table(request, table)
    rows = [row.record for row in table.paginated_rows]
    table.protected = reasons_why_protected([person for person in rows if vars(person)["is_protected"]])
    context = {
        "filter": filtered,
        "table": table,
        "figures": figures,
        "has_leavers": bool(figures.people) or everyone.exists(),
        "cost": money_by_currency(figures.cost),
        "longest_overdue": counted((today - figures.oldest).days, "day") if figures.oldest else "Nobody",
        "tabs": [(tab.value, tab.label, figures.counts[tab]) for tab in LeaverTab],
        "shown": request.GET.get("show", ""),
        "connections": connections,
        "read_only": [one for one in connections if one.mode == Mode.READ],
        "offers_removal": offers_removal and any(map(can_be_selected, rows)),
        "possible": possible_leavers(Person.objects.filter(connection__in=connections), today).count(),
        "has_directory": Source.objects.exists(),
    }
    return render(request, "removal/leavers.html", context)


@needs(Action.READ)
@require_GET
@may_read_replica
def leavers_csv(request: HttpRequest) -> StreamingHttpResponse:
    people = LeaversFilter(request.GET, queryset=all_leavers(), request=request).qs
    return csv_download("leavers", LEAVER_COLUMNS, leaver_rows(people))


@needs(Action.OPEN_CASES)
@require_GET
def owns(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person owns, read from Asana now: part of a page, or a page of its own without htmx."""
    person = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    context: dict[str, object] = {"person": person}
    try:
        note_lookup(request, f"person {person.pk}: {person} in {person.connection}")
        context["workspaces"] = async_to_sync(owned_by)(person)
    except (AsanaError, TooManyLookups) as error:
        context["error"] = error
    template = "removal/_owns.html" if "HX-Request" in request.headers else "removal/owns.html"
    return render(request, template, context)
