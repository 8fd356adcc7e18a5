"""The pages of the guardrails, the stop switch and the protected people."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs, signed_in
from usher.directory.models import Protected
from usher.removal.guardrails import protected_list
from usher.removal.guardrails.forms import GuardrailsForm, ProtectForm, ReasonForm, RestoreReviewForm
from usher.removal.guardrails.page import allowances, protected_rows, with_badge
from usher.removal.guardrails.protected_list import CannotProtect, protect_pattern, protect_person, unprotect
from usher.removal.guardrails.protection import reasons_why_protected
from usher.removal.guardrails.restored import (
    let_removals_go_on,
    missing_entries,
    review_items,
    unsettled_heads,
)
from usher.removal.guardrails.settings import (
    WrongQuietHours,
    change_guardrails,
    resume_removals,
    stop_removals,
)
from usher.removal.guardrails.weakened import weaker_than_default
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Person
from usher.web.lists import parse_id

PEOPLE_SHOWN = 10
MISSING_SHOWN = 200


@needs(Action.READ, to_change=Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def guardrails(request: HttpRequest) -> HttpResponse:
    settings = Guardrails.get()
    form = GuardrailsForm(request.POST or None, instance=Guardrails.get())
    if request.method == "POST" and form.is_valid():
        try:
            change_guardrails(actor_of(request), form.cleaned_data, form.cleaned_data["why"])
        except WrongQuietHours as refused:
            form.add_error(refused.field, f"{refused.message} {refused.remedy}")
        else:
            messages.success(request, "The guardrails have been saved. They apply to every case from now on.")
            return redirect("removal:guardrails")
    context = {
        "settings": settings,
        "form": form,
        "weaker": weaker_than_default(settings),
        "allowances": allowances(settings),
        "usual": Guardrails(),
    }
    return render(request, "removal/guardrails.html", context, status=422 if form.errors else 200)


@needs(Action.STOP_REMOVALS)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest) -> HttpResponse:
    """The stop switch."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if stop_removals(actor_of(request), form.cleaned_data["reason"].strip()):
            messages.success(request, "All removals are stopped.")
        else:
            messages.info(request, "All removals had already been stopped.")
        return redirect("removal:guardrails")
    removing = Case.objects.exclude(kind=Case.Kind.RESTORE)
    context = {
        "form": form,
        "running": removing.filter(state=CaseState.RUNNING),
        "scheduled_count": removing.filter(state=CaseState.SCHEDULED).count(),
    }
    return render(request, "removal/stop.html", context)


@needs(Action.RESUME_REMOVALS)
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    if Guardrails.get().restored_at is not None:
        return redirect("removal:restored")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if resume_removals(actor_of(request), form.cleaned_data["reason"].strip()):
            messages.success(request, "Removals have been resumed. Cases that are due run within a minute.")
        else:
            messages.info(request, "Removals were not stopped.")
        return redirect("removal:guardrails")
    scheduled = Case.objects.filter(state=CaseState.SCHEDULED).exclude(kind=Case.Kind.RESTORE)
    context = {
        "form": form,
        "settings": Guardrails.get(),
        "scheduled": scheduled.order_by("scheduled_for")[:PEOPLE_SHOWN],
        "scheduled_count": scheduled.count(),
    }
    return render(request, "removal/resume.html", context)


@needs(Action.READ, to_change=Action.RESUME_REMOVALS)
@require_http_methods(["GET", "HEAD", "POST"])
def restored(request: HttpRequest) -> HttpResponse:
    """After a restore: what the database has lost, what to check, and an admin's word that lets removals go on."""
    form = RestoreReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not let_removals_go_on(actor_of(request), form.cleaned_data["reason"].strip()):
            messages.info(request, "There was nothing to check any more.")
        elif Guardrails.get().stopped_at is None:
            messages.success(request, "Removals have been resumed. Cases that are due run within a minute.")
        else:
            messages.success(request, "The database counts as it is now. Removals stay stopped, as before.")
        return redirect("removal:guardrails")
    heads = unsettled_heads()
    missing = missing_entries(heads)
    context = {
        "form": form,
        "settings": Guardrails.get(),
        "heads": heads,
        "items": review_items(missing),
        "missing": [with_badge(entry) for entry in missing[:MISSING_SHOWN]],
        "missing_count": len(missing),
    }
    return render(request, "removal/restored.html", context, status=422 if form.errors else 200)


@needs(Action.READ)
@require_GET
def protected(request: HttpRequest) -> HttpResponse:
    return _protected_page(request, ProtectForm(initial=_initial(request)))


@needs(Action.SETTINGS)
@require_GET
def protected_people(request: HttpRequest) -> HttpResponse:
    """The people whom the search finds, to choose from."""
    return render(request, "removal/_protect_people.html", _search(request))


@needs(Action.SETTINGS)
@require_GET
def protected_pattern(request: HttpRequest) -> HttpResponse:
    """The people whom the pattern would protect."""
    return render(request, "removal/_protect_pattern.html", _matches(request.GET.get("pattern", "")))


@needs(Action.SETTINGS)
@require_POST
def protected_add(request: HttpRequest) -> HttpResponse:
    form = ProtectForm(request.POST)
    if form.is_valid():
        given, actor = form.cleaned_data, actor_of(request)
        why = Protected.Why(given["why"])
        try:
            if given["pattern"]:
                entry = protect_pattern(given["pattern"], why, given["note"], actor)
            else:
                person = get_object_or_404(Person, pk=given["person"])
                entry = protect_person(person, why, given["note"], actor)
        except CannotProtect as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, f"{entry} is now protected.")
            return redirect("removal:protected")
    return _protected_page(request, form)


@needs(Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def protected_remove(request: HttpRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(Protected.objects.select_related("person__connection"), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        unprotect(entry, actor_of(request), form.cleaned_data["reason"].strip())
        messages.success(request, f"{entry} is no longer on the list.")
        return redirect("removal:protected")
    people = protected_list.people_protected_by(entry)
    context = {"entry": entry, "form": form, "people": people[:PEOPLE_SHOWN], "people_count": people.count()}
    return render(request, "removal/protected_remove.html", context)


def _protected_page(request: HttpRequest, form: ProtectForm) -> HttpResponse:
    pattern = form.data.get("pattern") or form.initial.get("pattern") or ""
    context = {
        "rows": protected_rows(),
        "always": protected_list.always_protected(),
        "blocked_cases": protected_list.open_cases_of_protected(),
        "form": form,
        "may_change": signed_in(request).may(Action.SETTINGS),
        **_search(request, form.data.get("person")),
        **(_matches(pattern) if pattern else {}),
    }
    return render(request, "removal/protected.html", context, status=422 if form.errors else 200)


def _initial(request: HttpRequest) -> dict[str, str]:
    """The person or pattern that a link to this page names."""
    return {name: request.GET[name] for name in ("person", "pattern") if request.GET.get(name)}


def _search(request: HttpRequest, chosen: str | None = None) -> dict[str, object]:
    """The people whom the search finds, or only the one who has been chosen."""
    text = request.GET.get("q", "").strip()
    key = parse_id(chosen or request.GET.get("person"))
    if key is not None:
        people = Person.objects.filter(pk=key).select_related("connection")
    else:
        people = protected_list.search_people(text) if text else Person.objects.none()
    shown = list(people[:PEOPLE_SHOWN])
    reasons = reasons_why_protected(shown) if shown else {}
    return {
        "q": text,
        "people": [(person, reasons.get(person.pk, "")) for person in shown],
        "people_count": people.count(),
        "chosen": key,
    }


def _matches(pattern: str) -> dict[str, object]:
    try:
        protected_list.check_pattern(pattern)
    except CannotProtect as error:
        return {"pattern_problem": str(error)}
    people = protected_list.people_matching(pattern)
    return {
        "pattern": pattern.strip(),
        "matches": people[:PEOPLE_SHOWN],
        "match_count": people.count(),
        "active_count": protected_list.active_people().count(),
    }
