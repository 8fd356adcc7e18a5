"""The page that asks what is to be done with the people who were chosen, and opens their cases."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from usher.access.roles import Action, actor_of, needs, signed_in
from usher.directory.employment.status import employment_of
from usher.removal.cases.bulk import Outcome, open_cases
from usher.removal.cases.forecast import outlook
from usher.removal.guardrails.protection import why_protected
from usher.removal.jobs import run_if_due
from usher.removal.leavers.candidates import AT_ONCE, candidates
from usher.removal.leavers.query import leavers, to_be_opened
from usher.removal.leavers.selection import address_for, keys_in
from usher.removal.models import Case
from usher.removal.pages.filters import LeaversFilter
from usher.removal.pages.lists_views import tell
from usher.removal.pages.new_cases.forms import NewCasesForm, people_in
from usher.removal.states import OPEN
from usher.roster.models import Person, Status
from usher.roster.query import memberships

NAMES_SHOWN = 10


@needs(Action.OPEN_CASES)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET shows whom it is about, and what the guardrails mean for them; POST opens a case for each."""
    if request.GET.get("every") == "leavers":
        return redirect(address_for(_every_leaver(request), Case.Cause.BY_HAND, request.session))
    asked = request.POST if request.method == "POST" else request.GET
    keys = keys_in(asked, request.session)
    people = candidates(keys[:AT_ONCE])
    able = [one for one in people if one.can_be_opened]
    cause = Case.Cause.IDLE if asked.get("cause") == Case.Cause.IDLE else Case.Cause.BY_HAND
    form = NewCasesForm(request.POST if request.method == "POST" else None, people=able)
    if request.method == "POST" and able and form.is_valid():
        told = open_cases(able, form.wanted(cause, ask="draft" not in request.POST), actor_of(request))
        return _told(request, told)
    context = {
        "form": form,
        "people": able,
        "left_out": [one for one in people if not one.can_be_opened],
        "too_many": max(0, len(keys) - AT_ONCE),
        "too_many_words": f"These are the first {AT_ONCE:,} of them, by the order of the list.",
        "names_shown": NAMES_SHOWN,
        "cause": cause,
        "outlook": outlook(able, timezone.now()) if able else None,
        "connections": sorted({one.person.connection_id for one in able}),
        "without_service_token": sorted(
            {one.person.connection.name for one in able if not one.person.connection.has_service_token}
        ),
    }
    return render(request, "removal/new.html", context, status=422 if form.is_bound and able else 200)


def _every_leaver(request: HttpRequest) -> list[int]:
    """All who match the filters of the leavers page and can be removed."""
    found: QuerySet[Person] = LeaversFilter(request.GET, queryset=leavers(), request=request).qs
    able = found.filter(pk__in=to_be_opened().order_by().values("pk"))
    return list(able.values_list("pk", flat=True)[: AT_ONCE + 1])


def _told(request: HttpRequest, told: list[Outcome]) -> HttpResponse:
    opened = [one.case for one in told if one.case and not one.problem]
    for case in opened:
        run_if_due(case)
    if len(told) == 1 and opened:
        messages.success(request, f"The case is {opened[0].get_state_display().lower()}.")
        return redirect("removal:case", opened[0].pk)
    tell(request, told, opened[0].get_state_display().lower() if opened else "")
    return redirect("removal:cases" if opened else "removal:leavers")


@needs(Action.OPEN_CASES)
@require_GET
def receivers(request: HttpRequest) -> HttpResponse:
    """Who could take over, by what has been typed so far: the options of the field."""
    connections = [
        int(text) for text in request.GET.getlist("connection") if text.isascii() and text.isdigit()
    ]
    typed = request.GET.get("receiver", "").strip()
    found = people_in(connections, typed) if len(typed) > 1 else []
    return render(request, "removal/_receivers.html", {"people": found})


@needs(Action.READ)
@require_GET
def of_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Employment, cases and what can be done: a part of the person's page."""
    found = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    mine = list(found.removal_cases.order_by("-pk"))
    is_active = memberships(found.connection).filter(person=found, status=Status.ACTIVE).exists()
    open_case = next((case for case in mine if case.state in OPEN), None)
    protected = why_protected(found)
    may_act = found.connection.is_connected and found.connection.mode == "act"
    context = {
        "person": found,
        "employment": employment_of(found, timezone.localdate()),
        "cases": mine,
        "open_case": open_case,
        "is_active": is_active,
        "protected": protected,
        "may_act": may_act,
        "offers_removal": may_act
        and is_active
        and not (open_case or protected)
        and signed_in(request).may(Action.OPEN_CASES),
    }
    template = "removal/_person.html" if "HX-Request" in request.headers else "removal/person.html"
    return render(request, template, context)
