"""The pages of guardrails, the stop switch, protected people and prices."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.roles import Action, actor_of, needs, signed_in
from usher.directory.models import Protected
from usher.removal.guardrails import protected_list
from usher.removal.guardrails.forms import GuardrailsForm, ProtectForm, ReasonForm
from usher.removal.guardrails.page import allowances, protected_rows
from usher.removal.guardrails.protected_list import CannotProtect, protect_pattern, protect_person, unprotect
from usher.removal.guardrails.protection import why_protected
from usher.removal.guardrails.settings import change_guardrails, resume_removals, stop_removals
from usher.removal.guardrails.weakened import weaker_than_default
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Person

PEOPLE_SHOWN = 10


@needs(Action.READ, to_change=Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def guardrails(request: HttpRequest) -> HttpResponse:
    settings = Guardrails.get()
    form = GuardrailsForm(request.POST or None, instance=Guardrails.get())
    if request.method == "POST" and form.is_valid():
        change_guardrails(actor_of(request), form.cleaned_data, form.cleaned_data["why"])
        messages.success(request, "The guardrails are changed. They hold for every case at once.")
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
            messages.info(request, "All removals were stopped already.")
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
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if resume_removals(actor_of(request), form.cleaned_data["reason"].strip()):
            messages.success(request, "Removals go on. What is due runs within a minute.")
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


@needs(Action.READ)
@require_GET
def protected(request: HttpRequest) -> HttpResponse:
    return _protected_page(request, ProtectForm(initial=_wanted(request)))


@needs(Action.SETTINGS)
@require_GET
def protected_people(request: HttpRequest) -> HttpResponse:
    """Who a search finds, to choose from."""
    return render(request, "removal/_protect_people.html", _found(request))


@needs(Action.SETTINGS)
@require_GET
def protected_pattern(request: HttpRequest) -> HttpResponse:
    """Whom a pattern would protect."""
    return render(request, "removal/_protect_pattern.html", _fitting(request.GET.get("pattern", "")))


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
            messages.success(request, f"{entry} is protected now.")
            return redirect("removal:protected")
    return _protected_page(request, form)


@needs(Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def protected_remove(request: HttpRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(Protected.objects.select_related("person__connection"), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        unprotect(entry, actor_of(request), form.cleaned_data["reason"].strip())
        messages.success(request, f"{entry} is not on the list any more.")
        return redirect("removal:protected")
    people = protected_list.people_protected_by(entry)
    context = {"entry": entry, "form": form, "people": people[:PEOPLE_SHOWN], "people_count": people.count()}
    return render(request, "removal/protected_remove.html", context)


def _protected_page(request: HttpRequest, form: ProtectForm) -> HttpResponse:
    wanted = form.data.get("pattern") or form.initial.get("pattern") or ""
    context = {
        "rows": protected_rows(),
        "always": protected_list.always_protected(),
        "held_cases": protected_list.open_cases_of_protected(),
        "form": form,
        "may_change": signed_in(request).may(Action.SETTINGS),
        **_found(request, form.data.get("person")),
        **(_fitting(wanted) if wanted else {}),
    }
    return render(request, "removal/protected.html", context, status=422 if form.errors else 200)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """What the address already says, as links to this page do."""
    return {name: request.GET[name] for name in ("person", "pattern") if request.GET.get(name)}


def _found(request: HttpRequest, chosen: str | None = None) -> dict[str, object]:
    """The people whom the search finds; a chosen one is among them."""
    chosen = chosen or request.GET.get("person")
    text = request.GET.get("q", "").strip()
    people = protected_list.search_people(text) if text else Person.objects.none()
    if chosen and chosen.isdecimal():
        people = Person.objects.filter(pk=chosen).select_related("connection")
    shown = [(person, why_protected(person)) for person in people[:PEOPLE_SHOWN]]
    return {"q": text, "found": shown, "found_count": people.count(), "chosen": chosen}


def _fitting(pattern: str) -> dict[str, object]:
    try:
        protected_list.check_pattern(pattern)
    except CannotProtect as error:
        return {"pattern_problem": str(error)}
    people = protected_list.people_matching(pattern)
    return {
        "pattern": pattern.strip(),
        "fitting": people[:PEOPLE_SHOWN],
        "fitting_count": people.count(),
        "active_count": protected_list.active_people().count(),
    }
