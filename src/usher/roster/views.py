"""The page of one sync run: its outcome, and what it changed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from usher.connections.models import SyncRun
from usher.web.lists import page_of

CHANGES_A_PAGE = 100


@require_GET
def run(request: HttpRequest, pk: int, run_pk: int) -> HttpResponse:
    run = get_object_or_404(SyncRun.objects.select_related("connection"), pk=run_pk, connection=pk)
    changes = run.roster_changes.select_related("membership__person", "membership__workspace").order_by(
        "kind", "membership__person__name", "pk"
    )
    context = {
        "run": run,
        "connection": run.connection,
        "walks": run.walks.select_related("workspace").order_by("workspace__name"),
        "page": page_of(request, changes, CHANGES_A_PAGE),
    }
    return render(request, "roster/run.html", context)
