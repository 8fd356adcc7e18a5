"""A person's activity: a part of the person's page, and a page of its own without htmx."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from usher.activity.people.day import day_of
from usher.activity.people.summary import activity_of
from usher.roster.models import Person


@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Last use, figures, calendar and newest events of one person."""
    person = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    return _part(request, "activity/person.html", {"person": person, "activity": activity_of(person)})


@require_GET
def day(request: HttpRequest, pk: int, day: str) -> HttpResponse:
    """The sessions of one person on one day."""
    try:
        chosen = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    person = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    return _part(request, "activity/_day.html", {"person": person, "day": day_of(person, chosen)})


def _part(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """The part alone for htmx, else a whole page around it."""
    if "HX-Request" in request.headers:
        return render(request, template, context)
    return render(request, "activity/alone.html", {**context, "part": template})
