"""Uploading a list of employees, previewing what it would change, and applying it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.csvfiles.problems import FileProblem, UnreadableFile
from usher.directory.employees.list_tally import PlannedChange
from usher.directory.imports import importing
from usher.directory.imports.forms import EmployeeFileForm, LayoutForm, answers_given
from usher.directory.imports.previewing import REMARK_LABELS, ImportPreview
from usher.directory.imports.previewing import preview as preview_of
from usher.directory.imports.reading import MAX_BYTES
from usher.directory.imports.rows_seen import RemarkCount
from usher.directory.models import EmployeeChange, Import, Source
from usher.refusals import Refused
from usher.web.body_size import takes_upload
from usher.web.lists import page_of

CHANGES_A_PAGE = 50
KINDS = [(kind.value, kind.label) for kind in EmployeeChange.Kind]


@takes_upload(MAX_BYTES)
@needs(Action.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    form = EmployeeFileForm(
        request.POST or None, request.FILES or None, initial={"source": request.GET.get("source")}
    )
    problems: list[FileProblem] = []
    if request.method == "POST" and form.is_valid():
        source = form.cleaned_data["source"] or form.cleaned_data["name"]
        file = form.cleaned_data["file"]
        try:
            held = importing.hold(source, actor_of(request), file.name, file.read())
        except UnreadableFile as error:
            problems = error.problems
        except Refused as refused:
            form.add_error("source", str(refused))
        else:
            return redirect("directory:preview", held.pk)
    has_sources = Source.objects.filter(kind=Source.Kind.CSV).exists()
    return render(
        request, "directory/upload.html", {"form": form, "problems": problems, "has_sources": has_sources}
    )


@needs(Action.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file would change. A POST applies it."""
    held = _held(pk)
    if held is None:
        messages.error(
            request, "This file was already applied or discarded. Upload it again to import it again."
        )
        return redirect("directory:home")
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            batch = importing.apply_held(held.pk, actor_of(request), timezone.now())
        except UnreadableFile:
            pass  # shown below, as it would be without applying
        except importing.UnansweredQuestions:
            refusal = Refused("Something about this file is not answered.", "Answer the questions below.")
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"Imported {batch.rows:,} rows.")
            return redirect("directory:import", batch.pk)
    context: dict[str, object] = {"held": held, "source": held.source, "refusal": refusal}
    try:
        source = held.source or importing.csv_source(held.new_source)
        layout = importing.layout_of_held(held)
        shown = preview_of(source, importing.content_of(held), layout, timezone.now(), held.new_source)
        context |= {"preview": shown, "changes": _samples(shown), "layout_form": LayoutForm(layout)}
        context |= {"remarks": _remarks(shown), "more": len(shown.questions) - len(shown.open_questions)}
    except UnreadableFile as error:
        context["problems"] = error.problems
    except Refused as refused:
        context["refusal"] = refused
    return render(request, "directory/preview.html", context, status=422 if context["refusal"] else 200)


@needs(Action.IMPORT_DIRECTORY)
@require_POST
def answers(request: HttpRequest, pk: int) -> HttpResponse:
    """Stores answers to questions about the file, and previews it again."""
    held = _held(pk)
    if held is None:
        return redirect("directory:preview", pk)
    try:
        given = answers_given(request.POST.dict(), importing.layout_of_held(held))
        if given:
            importing.change_layout(held, held.mapping | given)
        else:
            messages.warning(request, "No answer was chosen.")
    except UnreadableFile as error:
        messages.error(request, f"{error.message} {error.remedy}")
    return redirect("directory:preview", held.pk)


@needs(Action.IMPORT_DIRECTORY)
@require_POST
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """Stores how the file is to be read, and previews it again."""
    held = _held(pk)
    if held is None:
        return redirect("directory:preview", pk)
    try:
        form = LayoutForm(importing.layout_of_held(held), request.POST)
        if form.is_valid():
            importing.change_layout(held, form.mapping)
        else:
            messages.error(request, "These choices do not fit the file. Choose again.")
    except UnreadableFile as error:
        messages.error(request, f"{error.message} {error.remedy}")
    return redirect("directory:preview", held.pk)


@needs(Action.IMPORT_DIRECTORY)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    if held := _held(pk):
        importing.discard(held)
    messages.info(request, "The file was discarded. Nothing has changed.")
    return redirect("directory:home")


@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What an applied import changed."""
    batch = get_object_or_404(
        Import.objects.select_related("source").defer("content"), pk=pk, state=Import.State.APPLIED
    )
    changes = batch.changes.select_related("employee").order_by("kind", "employee__name", "pk")
    page = page_of(request, changes, CHANGES_A_PAGE)
    return render(request, "directory/import.html", {"import": batch, "source": batch.source, "page": page})


def _held(pk: int) -> Import | None:
    return Import.objects.select_related("source").filter(pk=pk, state=Import.State.PREVIEW).first()


def _samples(shown: ImportPreview) -> list[tuple[str, str, int, list[PlannedChange]]]:
    """For each kind of change: its value, its label, how many there are, and the first of them."""
    return [
        (kind, label, shown.count(kind), list(shown.samples.get(kind, [])))
        for kind, label in KINDS
        if shown.count(kind)
    ]


def _remarks(shown: ImportPreview) -> list[tuple[str, RemarkCount]]:
    """What does not fit in rows, by kind, the most frequent first."""
    kinds = sorted(shown.seen.remarks.items(), key=lambda each: -each[1].rows)
    return [(REMARK_LABELS.get(kind, kind), counted) for kind, counted in kinds]
