"""The page "How usage is measured"."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from usher.activity.usage import explanation


@require_GET
def how_it_is_measured(request: HttpRequest) -> HttpResponse:
    """What the usage figures are based on, with the numbers of each connection."""
    return render(
        request,
        "activity/measuring.html",
        {
            "connections": explanation.connection_coverage(),
            "confidences": explanation.CONFIDENCE_EXPLAINED.values(),
        },
    )
