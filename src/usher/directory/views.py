"""The directory's first page, and the pages of its sources."""

from django.contrib import messages
from django.db.models import Case, IntegerField, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.directory import sources, tokens
from usher.directory.employees.mass_leaving import answer, open_questions, refresh_source_questions
from usher.directory.employment.figures import count_without_seat, group_counts
from usher.directory.forms import NewSourceForm, SourceForm, SourceSettingsForm
from usher.directory.matching.decisions import open_proposals
from usher.directory.models import DomainAlias, Import, ScimRefusal, Source, SourceQuestion
from usher.directory.scim.refusals import unsettled
from usher.refusals import Refused
from usher.web.lists import page_of

IMPORTS_SHOWN = 20
GROUPS_SHOWN = 20
REFUSALS_A_PAGE = 20


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    counts = group_counts(today)
    overviews = sources.overviews(today)
    context = {
        "sources": overviews,
        "held": Import.objects.filter(state=Import.State.PREVIEW, source=None).defer("content")[
            :IMPORTS_SHOWN
        ],
        "not_listed": sum(each.not_listed for each in overviews),
        "groups": counts,
        "questions": open_questions(),
        "refused": dict.fromkeys(each.source for each in unsettled(timezone.now())),
        "has_people": any(each.people for each in counts),
        "without_seat": count_without_seat(today, sum(each.working for each in overviews)),
        "proposals": open_proposals().values("person").distinct().count(),
        "aliases": DomainAlias.objects.count(),
    }
    return render(request, "directory/home.html", context)


@needs(Action.READ, to_change=Action.SETTINGS)
@require_http_methods(["GET", "POST"])
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: its imports, its token, and its settings."""
    edited = get_object_or_404(Source, pk=pk)
    form = SourceSettingsForm(request.POST or None, instance=edited)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        settings = sources.SourceSettings(
            given["name"],
            given["rank"],
            Source.Absence(given.get("absence", edited.absence)),
            given.get("lists_everyone", edited.lists_everyone),
            tuple(given["connections"]) if given["connections"] else None,
        )
        try:
            sources.change(actor_of(request), edited, settings)
        except sources.CannotBeSource as refused:
            _add_error(form, refused)
        else:
            messages.success(request, "Saved. All matches are up to date.")
            return redirect("directory:source", pk)
    refresh_source_questions(edited)
    waiting = {each.pk for each in unsettled(timezone.now(), [pk])}
    overview = next(each for each in sources.overviews(timezone.localdate()) if each.source.pk == pk)
    context = {
        "source": overview.source,  # as stored: a form that is not valid has changed the other one
        "overview": overview,
        "form": form,
        "imports": edited.imports.exclude(state=Import.State.DROPPED).defer("content")[:IMPORTS_SHOWN],
        "questions": open_questions([pk]),
        "refusals": page_of(request, _refusals(edited, waiting), REFUSALS_A_PAGE)
        if edited.kind == Source.Kind.SCIM
        else None,
        "waiting": waiting,
        "pushed_groups": edited.groups.order_by("name")[:GROUPS_SHOWN],
    }
    return render(request, "directory/source.html", context)


@needs(Action.SETTINGS)
@require_http_methods(["GET", "POST"])
def add_source(request: HttpRequest) -> HttpResponse:
    form = NewSourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = sources.add(
                actor_of(request),
                form.cleaned_data["name"],
                Source.Kind(form.cleaned_data["kind"]),
                form.cleaned_data["rank"],
                form.cleaned_data["connections"],
            )
        except sources.CannotBeSource as refused:
            _add_error(form, refused)
        else:
            return redirect("directory:source", added.pk)
    return render(request, "directory/add_source.html", {"form": form})


@needs(Action.IMPORT_DIRECTORY)
@require_POST
def answer_question(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    """Whether those whom a source reported at once have left."""
    asked = get_object_or_404(SourceQuestion, pk=question, source=pk)
    said = request.POST.get("answer", "")
    if said not in SourceQuestion.Answer.values:
        return HttpResponseBadRequest("Answer with “left” or “mistake”.")
    try:
        answer(asked, SourceQuestion.Answer(said), request.POST.get("why", ""), actor_of(request))
    except Refused as refused:
        messages.error(request, f"{refused.message} {refused.remedy}")
    else:
        messages.success(request, "Answered.")
    return redirect("directory:source", pk)


@needs(Action.SETTINGS)
@never_cache
@require_POST
def token(request: HttpRequest, pk: int) -> HttpResponse:
    """Creates or replaces the token, and shows it this once. With `revoke` in the request, revokes it."""
    chosen = get_object_or_404(Source, pk=pk, kind__in=tokens.PREFIXES)
    if "revoke" in request.POST:
        tokens.revoke_token(chosen, actor_of(request))
        messages.success(request, f"The token of “{chosen.name}” is revoked and no longer accepted.")
        return redirect("directory:source", pk)
    context = {
        "source": chosen,
        "token": tokens.make_token(chosen, actor_of(request)),
        "address": tokens.address_of(chosen),
    }
    return render(request, "directory/token_once.html", context)


def _add_error(form: SourceForm, refused: sources.CannotBeSource) -> None:
    form.add_error(
        refused.field if refused.field in form.fields else None, f"{refused.message} {refused.remedy}"
    )


def _refusals(source: Source, waiting: set[int]) -> "QuerySet[ScimRefusal]":
    """Those that nobody has settled come first."""
    if not waiting:
        return source.refusals.order_by("-pk")
    is_settled = Case(When(pk__in=waiting, then=0), default=1, output_field=IntegerField())
    return source.refusals.order_by(is_settled, "-pk")
