"""The page "How usage is measured"."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from usher.activity.usage import explanation
from usher.connections.models import Connection
from usher.web.lists import page_of

CONNECTIONS_A_PAGE = 25


@require_GET
def how_it_is_measured(request: HttpRequest) -> HttpResponse:
    """What the usage figures are based on, with the numbers of each connection."""
    page = page_of(request, Connection.objects.all(), CONNECTIONS_A_PAGE)
    return render(
        request,
        "activity/measuring.html",
        {
            "page": page,
            "connections": explanation.connection_coverage(list(page.object_list)),
            "confidences": explanation.CONFIDENCE_EXPLAINED.values(),
        },
    )
