"""The pages of the audit log and of what people do."""

from collections.abc import Iterator
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.activity.events.filters import EventsForm, is_new, type_in_words
from usher.activity.events.search import Position
from usher.activity.events.tables import EventPage, event_page, filters_in_address
from usher.activity.export import event_csv, event_json_lines
from usher.activity.models import EventTypeSeen, UsageState
from usher.activity.people.person import activity_of, day_of
from usher.activity.usage import explanation
from usher.connections.models import Connection
from usher.roster.models import Person


@require_GET
def events(request: HttpRequest) -> HttpResponse:
    """The audit log, newest first, by pages."""
    seen = list(EventTypeSeen.objects.all())
    form = EventsForm(request.GET, seen)
    position = (
        Position.read(request.GET.get("before", "")),
        Position.read(request.GET.get("after", "")),
    )
    connections = list(Connection.objects.all())
    context = {
        "form": form,
        "page": event_page(form.search, *position) if seen else EventPage(),
        "filters": filters_in_address(request.GET, list(form.fields)),
        "has_events": bool(seen),
        "connections": connections,
        "readable": [one for one in connections if one.has_service_token],
        "without_token": [one for one in connections if one.is_connected and not one.has_service_token],
        "new_types": sorted(
            {
                (row.event_type, type_in_words(row.event_type))
                for row in seen
                if is_new(row.event_type, row.category)
            }
        ),
        "problems": UsageState.objects.exclude(problem="").select_related("connection"),
    }
    return render(request, "activity/events.html", context)


@require_GET
def events_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What is filtered, whole, as CSV; in constant memory."""
    return _streamed(event_csv(_form(request).search), "text/csv", "csv")


@require_GET
def events_json_lines(request: HttpRequest) -> StreamingHttpResponse:
    """What is filtered, whole, as Asana sent it; in constant memory."""
    return _streamed(event_json_lines(_form(request).search), "application/jsonl", "jsonl")


def _form(request: HttpRequest) -> EventsForm:
    return EventsForm(request.GET, [])


def _streamed(lines: Iterator[str], content_type: str, ending: str) -> StreamingHttpResponse:
    name = f"usher-audit-log-{timezone.localdate():%Y-%m-%d}.{ending}"
    return StreamingHttpResponse(
        lines,
        content_type=f"{content_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """What one person does, as a part of the person's page."""
    found = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    return _part(request, "activity/person.html", {"person": found, "activity": activity_of(found)})


@require_GET
def day(request: HttpRequest, pk: int, day: str) -> HttpResponse:
    """The sessions of one of a person's days."""
    try:
        chosen = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    found = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    return _part(request, "activity/_day.html", {"person": found, "day": day_of(found, chosen)})


def _part(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """Alone for htmx, on a page for whoever comes by a link."""
    if "HX-Request" in request.headers:
        return render(request, template, context)
    return render(request, "activity/alone.html", {**context, "part": template})


@require_GET
def how_it_is_measured(request: HttpRequest) -> HttpResponse:
    """What the figures of use rest on, with the account's own numbers."""
    return render(
        request,
        "activity/measuring.html",
        {"accounts": explanation.accounts(), "trusts": explanation.TRUST.values()},
    )
