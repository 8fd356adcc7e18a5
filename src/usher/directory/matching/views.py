"""Reviewing proposed matches, matching by hand, and the domains of one company."""

from itertools import groupby

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.directory.matching import decisions
from usher.directory.matching.aliases import add_alias, remove_alias
from usher.directory.matching.forms import AliasForm
from usher.directory.models import DomainAlias, Employee, Match
from usher.refusals import Refused
from usher.roster.models import Person
from usher.web.lists import page_of, parse_id, parse_ids

PROPOSALS_A_PAGE = 25
DECISIONS_SHOWN = 20
EMPLOYEES_SHOWN = 20


@require_GET
def review(request: HttpRequest) -> HttpResponse:
    """The proposals, grouped by person, and the latest decisions."""
    page = page_of(request, decisions.open_proposals(), PROPOSALS_A_PAGE)
    decided = (
        Match.objects.filter(Q(state=Match.State.REJECTED) | Q(how=Match.How.BY_HAND))
        .select_related("person", "employee__source")
        .order_by("-made_at", "-pk")
    )
    context = {
        "page": page,
        "people": [(person, list(those)) for person, those in groupby(page, key=lambda match: match.person)],
        "decided": decided[:DECISIONS_SHOWN],
    }
    return render(request, "directory/review.html", context)


@needs(Action.MATCH)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Confirms or rejects a single match by its own button, or all that are selected."""
    answer, _, one = request.POST.get("answer", "").partition(":")
    pks = parse_ids([one] if one else request.POST.getlist("match"))
    actor = actor_of(request)
    if not pks:
        messages.warning(request, "Nobody was selected.")
    elif answer == "same":
        count = decisions.confirm(actor, pks)
        messages.success(request, f"{count} confirmed.")
    elif answer == "different":
        count = decisions.reject(actor, pks)
        messages.success(request, f"{count} rejected. They will not be proposed again.")
    return _back(request)


@needs(Action.MATCH)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    if decisions.undo(actor_of(request), pk):
        messages.success(request, "Undone. The matching rules apply again.")
    else:
        messages.warning(request, "This decision was undone before.")
    return _back(request)


@needs(Action.MATCH)
@require_http_methods(["GET", "POST"])
def by_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Finds the employee who a person in Asana is, and matches the two."""
    person = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    if request.method == "POST":
        employee = parse_id(request.POST.get("employee"))
        chosen = get_object_or_404(Employee.objects.select_related("source"), pk=employee or 0)
        decisions.match_by_hand(actor_of(request), person, chosen)
        messages.success(request, f"{person} is matched with {chosen}.")
        return redirect("person", person.pk)
    words = request.GET.get("q", person.name)
    employees = Employee.objects.select_related("source") if words.strip() else Employee.objects.none()
    for word in words.split():
        employees = employees.filter(
            Q(name__icontains=word) | Q(email__icontains=word) | Q(external_id__iexact=word)
        )
    results = list(employees.order_by("name", "pk")[: EMPLOYEES_SHOWN + 1])
    today = timezone.localdate()
    context = {
        "person": person,
        "words": words,
        "results": [(each, each.status_on(today)) for each in results[:EMPLOYEES_SHOWN]],
        "has_more": len(results) > EMPLOYEES_SHOWN,
        "matches": person.matches.filter(state=Match.State.MATCHED).select_related("employee__source"),
    }
    return render(request, "directory/by_hand.html", context)


@needs(Action.READ, to_change=Action.SETTINGS)
@require_http_methods(["GET", "POST"])
def aliases(request: HttpRequest) -> HttpResponse:
    form = AliasForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = add_alias(actor_of(request), form.cleaned_data["alias"], form.cleaned_data["domain"])
        except Refused as refused:
            form.add_error(None, f"{refused.message} {refused.remedy}")
        else:
            messages.success(request, f"Added {added}. All matches are up to date.")
            return redirect("directory:aliases")
    return render(
        request, "directory/aliases.html", {"form": form, "aliases": DomainAlias.objects.order_by("alias")}
    )


@needs(Action.SETTINGS)
@require_POST
def alias_remove(request: HttpRequest, pk: int) -> HttpResponse:
    removed = get_object_or_404(DomainAlias, pk=pk)
    remove_alias(actor_of(request), removed)
    messages.success(request, f"Removed {removed}. All matches are up to date.")
    return redirect("directory:aliases")


def _back(request: HttpRequest) -> HttpResponse:
    there = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure()):
        return redirect(there)
    return redirect("directory:review")
