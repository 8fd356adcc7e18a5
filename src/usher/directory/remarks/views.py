"""The list of people who may be leavers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.directory.employment.filters import GroupFilter
from usher.directory.remarks.possible import possible_leavers_listed, why_possible
from usher.directory.remarks.tables import PossibleLeaversTable
from usher.web.lists import configure_table


@require_GET
def possible(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    filtered = GroupFilter(request.GET, queryset=possible_leavers_listed(today), request=request)
    table = PossibleLeaversTable(filtered.qs)
    configure_table(request, table)
    table.explain(why_possible([row.record for row in table.paginated_rows], today))
    return render(request, "directory/possible_leavers.html", {"filter": filtered, "table": table})
