"""The audit log page and its downloads."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from usher.activity.events.export import event_csv, event_json_lines
from usher.activity.events.filters import EventsForm
from usher.activity.events.labels import is_new, type_in_words
from usher.activity.events.rows import EventPage, event_page, filters_in_address
from usher.activity.events.search import EventSearch, Position
from usher.activity.models import EventTypeSeen, RecordMonth, UsageState
from usher.activity.records.reading import is_dropped
from usher.connections.models import Connection
from usher.web.csv_export import download
from usher.web.replica import may_read_replica


@require_GET
@may_read_replica
def events(request: HttpRequest) -> HttpResponse:
    """The audit log, newest events first."""
    seen = list(EventTypeSeen.objects.all())
    form = EventsForm(request.GET, seen)
    position = (
        Position.read(request.GET.get("before", "")),
        Position.read(request.GET.get("after", "")),
    )
    connections = list(Connection.objects.all())
    page = event_page(form.search, *position) if seen else EventPage()
    context = {
        "form": form,
        "page": page,
        "filters": filters_in_address(request.GET, list(form.fields)),
        "has_events": bool(seen),
        "connections": connections,
        "with_token": [connection for connection in connections if connection.has_service_token],
        "without_token": [
            connection
            for connection in connections
            if connection.is_connected and not connection.has_service_token
        ],
        "new_types": sorted(
            {
                (row.event_type, type_in_words(row.event_type))
                for row in seen
                if is_new(row.event_type, row.category)
            }
        ),
        "dropped": _newest_dropped(page),
        "problems": UsageState.objects.exclude(problem="").select_related("connection"),
    }
    return render(request, "activity/events.html", context)


def _newest_dropped(page: EventPage) -> RecordMonth | None:
    """The newest month whose records were dropped, where the page has an event of such a month."""
    if not any(is_dropped(row.event) for row in page.rows):
        return None
    return RecordMonth.objects.filter(outcome=RecordMonth.Outcome.DROPPED).last()


@require_GET
@may_read_replica
def events_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All events that match the filters, as CSV."""
    return download("audit-log.csv", "text/csv", event_csv(_search(request)))


@require_GET
@may_read_replica
def events_json_lines(request: HttpRequest) -> StreamingHttpResponse:
    """All events that match the filters, as Asana sent them."""
    return download("audit-log.jsonl", "application/jsonl", event_json_lines(_search(request)))


def _search(request: HttpRequest) -> EventSearch:
    return EventsForm(request.GET, []).search
