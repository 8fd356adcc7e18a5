"""Reviewing what is doubtful, matching by hand, and the domains of one company."""

from itertools import groupby

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.roles import Action, actor_of, needs
from usher.directory.employment.figures import proposals
from usher.directory.forms import AliasForm
from usher.directory.matching import decisions
from usher.directory.matching.aliases import add_alias, remove_alias
from usher.directory.models import DomainAlias, Employee, Match
from usher.refusals import Refused
from usher.roster.models import Person

A_PAGE = 25
DECISIONS_SHOWN = 20
FOUND_SHOWN = 20


@require_GET
def review(request: HttpRequest) -> HttpResponse:
    """What is proposed, a person at a time, and what was decided last."""
    page = Paginator(proposals(), A_PAGE).get_page(request.GET.get("page"))
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
    """Confirms or rejects: one by its own button, or all that are ticked."""
    answer, _, one = request.POST.get("answer", "").partition(":")
    ticked = [one] if one else request.POST.getlist("match")
    pks = [int(pk) for pk in ticked if pk.isascii() and pk.isdigit() and len(pk) < 18]
    actor = actor_of(request)
    if not pks:
        messages.warning(request, "Nobody was ticked.")
    elif answer == "same":
        count = decisions.confirm(actor, pks)
        messages.success(request, f"{count} confirmed. It is remembered.")
    elif answer == "different":
        count = decisions.reject(actor, pks)
        messages.success(request, f"{count} set apart. They are not proposed again.")
    return _back(request)


@needs(Action.MATCH)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    if decisions.undo(actor_of(request), pk):
        messages.success(request, "Undone: the rules decide again.")
    else:
        messages.warning(request, "Somebody has undone that before.")
    return _back(request)


@needs(Action.MATCH)
@require_http_methods(["GET", "POST"])
def by_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """A person in Asana: search who they are among the employees."""
    person = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    if request.method == "POST":
        asked = request.POST.get("employee", "")
        key = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
        chosen = get_object_or_404(Employee.objects.select_related("source"), pk=key)
        decisions.match_by_hand(actor_of(request), person, chosen)
        messages.success(request, f"{person} is {chosen}. It is remembered.")
        return redirect("roster:person", person.pk)
    words = request.GET.get("q", person.name)
    found = Employee.objects.select_related("source")
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word) | Q(external_id__iexact=word))
    found = found.order_by("name", "pk")[: FOUND_SHOWN + 1] if words.strip() else found.none()
    today = timezone.localdate()
    context = {
        "person": person,
        "words": words,
        "found": [(each, each.status_on(today)) for each in found[:FOUND_SHOWN]],
        "has_more": len(found) > FOUND_SHOWN,
        "matches": person.matches.filter(state=Match.State.MATCHED).select_related("employee__source"),
    }
    return render(request, "directory/by_hand.html", context)


@needs(Action.READ, to_change=Action.SETTINGS)
@require_http_methods(["GET", "POST"])
def aliases(request: HttpRequest) -> HttpResponse:
    form = AliasForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_alias(actor_of(request), form.cleaned_data["alias"], form.cleaned_data["domain"])
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
        else:
            messages.success(request, f"{made} now. All matches are up to date.")
            return redirect("directory:aliases")
    return render(
        request, "directory/aliases.html", {"form": form, "aliases": DomainAlias.objects.order_by("alias")}
    )


@needs(Action.SETTINGS)
@require_POST
def alias_remove(request: HttpRequest, pk: int) -> HttpResponse:
    made = get_object_or_404(DomainAlias, pk=pk)
    remove_alias(actor_of(request), made)
    messages.success(request, f"{made.alias} is a company of its own again.")
    return redirect("directory:aliases")


def _back(request: HttpRequest) -> HttpResponse:
    there = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure()):
        return redirect(there)
    return redirect("directory:review")
