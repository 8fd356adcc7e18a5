"""The page of one employee."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.directory.models import Employee, Match
from usher.web.lists import page_of

CHANGES_A_PAGE = 50


@require_GET
def employee(request: HttpRequest, pk: int) -> HttpResponse:
    """What the source says about them, who they are in Asana, and their history."""
    shown = get_object_or_404(Employee.objects.select_related("source"), pk=pk)
    changes = shown.changes.select_related("batch").defer("batch__content")
    matches = shown.matches.exclude(state=Match.State.REJECTED).select_related("person__connection")
    context = {
        "employee": shown,
        "status": shown.status_on(timezone.localdate()),
        "matches": matches.order_by("state", "pk"),
        "page": page_of(request, changes, CHANGES_A_PAGE),
    }
    return render(request, "directory/employee.html", context)
