"""The page of the trail, for admins."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from usher.access.models import TrailEntry
from usher.access.roles import Action, needs
from usher.access.trail.forms import TrailForm
from usher.access.trail.search import COLUMNS
from usher.access.trail.tables import TrailTable
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table
from usher.web.replica import may_read_replica


@needs(Action.USERS, of_all_connections=True)
@require_GET
def trail(request: HttpRequest) -> HttpResponse:
    form = TrailForm(request.GET)
    table = TrailTable(form.search.entries())
    configure_table(request, table)
    context = {
        "form": form,
        "table": table,
        "has_entries": bool(table.page.object_list) or TrailEntry.objects.exists(),
        "keep_days": settings.USHER_KEEP_TRAIL_DAYS,
    }
    return render(request, "access/trail.html", context)


@needs(Action.USERS, of_all_connections=True)
@require_GET
@may_read_replica
def trail_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All entries that match the filters, oldest first."""
    return csv_download("trail", COLUMNS, TrailForm(request.GET).search.records())
