"""Answering a remark, from the page of a case or of a person."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.refusals import Refused
from usher.removal.cases.remarks import answer_remark, open_case_of
from usher.removal.jobs import run_if_due
from usher.roster.models import Person


@needs(Action.OPEN_CASES)
@require_POST
def answer(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A case that waited only for this answer runs at once if it is due."""
    person = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    case = open_case_of(person)
    try:
        answer_remark(actor_of(request), person, number, request.POST.get("why", ""))
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.remedy}")
    else:
        messages.success(request, "The answer is saved.")
        if case is not None:
            run_if_due(case)
    if case is not None and "case" in request.POST:
        return redirect("removal:case", case.pk)
    return redirect("person", pk)
