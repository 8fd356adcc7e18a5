"""The page that asks what to do with the selected people, and opens their cases."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.removal.cases.bulk import BulkResult, open_cases
from usher.removal.cases.forecast import forecast
from usher.removal.jobs import run_if_due
from usher.removal.leavers.candidates import AT_ONCE, candidates
from usher.removal.leavers.query import leavers, removable_leavers
from usher.removal.leavers.selection import address_for, keys_in
from usher.removal.models import Case
from usher.removal.pages.bulk_messages import show_results
from usher.removal.pages.leavers.filters import LeaversFilter
from usher.removal.pages.new_cases.forms import NewCasesForm
from usher.removal.pages.new_cases.receivers import suggest_receivers
from usher.web.badges import badge_of
from usher.web.lists import parse_ids

NAMES_SHOWN = 10


@needs(Action.OPEN_CASES)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET shows the people and what the guardrails mean for them; POST opens a case for each."""
    if request.GET.get("every") == "leavers":
        return redirect(address_for(_all_filtered_leavers(request), Case.Cause.BY_HAND, request.session))
    fields = request.POST if request.method == "POST" else request.GET
    keys = keys_in(fields, request.session)
    selected = candidates(keys[:AT_ONCE])
    people = [one for one in selected if one.can_be_opened]
    cause = Case.Cause.IDLE if fields.get("cause") == Case.Cause.IDLE else Case.Cause.BY_HAND
    form = NewCasesForm(request.POST if request.method == "POST" else None, people=people, cause=cause)
    if request.method == "POST" and people and form.is_valid() and form.wanted is not None:
        return _opened(request, open_cases(people, form.wanted, actor_of(request)))
    context = {
        "form": form,
        "people": people,
        "left_out": [one for one in selected if not one.can_be_opened],
        "too_many": max(0, len(keys) - AT_ONCE),
        "too_many_words": f"This page shows the first {AT_ONCE:,} of them, in the order of the list.",
        "names_shown": NAMES_SHOWN,
        "cause": cause,
        "forecast": forecast(people, timezone.now()) if people else None,
        "connections": sorted({one.person.connection_id for one in people}),
        "without_service_token": sorted(
            {one.person.connection.name for one in people if not one.person.connection.has_service_token}
        ),
    }
    return render(request, "removal/new.html", context, status=422 if form.is_bound and people else 200)


def _all_filtered_leavers(request: HttpRequest) -> list[int]:
    """All people who match the filters of the leavers page and can be removed."""
    filtered = LeaversFilter(request.GET, queryset=leavers(), request=request).qs
    removable = filtered.filter(pk__in=removable_leavers().order_by().values("pk"))
    return list(removable.values_list("pk", flat=True)[: AT_ONCE + 1])


def _opened(request: HttpRequest, results: list[BulkResult]) -> HttpResponse:
    opened = [one.case for one in results if one.case and not one.problem]
    for case in opened:
        run_if_due(case)
    state = badge_of("case", opened[0].state).text.lower() if opened else ""
    if len(results) == 1 and opened:
        messages.success(request, f"The case is {state}.")
        return redirect("removal:case", opened[0].pk)
    show_results(request, results, state)
    return redirect("removal:cases" if opened else "removal:leavers")


@needs(Action.OPEN_CASES)
@require_GET
def receivers(request: HttpRequest) -> HttpResponse:
    """Suggestions while the user types who takes over: the options of the field."""
    connections = parse_ids(request.GET.getlist("connection"))
    typed = request.GET.get("receiver", "").strip()
    people = suggest_receivers(connections, typed) if len(typed) > 1 else []
    return render(request, "removal/_receivers.html", {"people": people})
