"""Uploading a list of employees, seeing what it would change, and letting it count."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from usher.access.roles import Action, actor_of, needs
from usher.csvfiles.problems import FileProblem, UnreadableFile
from usher.directory import sources
from usher.directory.forms import EmployeeFileForm, ReadingForm
from usher.directory.imports import importing
from usher.directory.models import EmployeeChange, Import, Source
from usher.refusals import Refused

KINDS = [
    ("unlisted", "Listed no more: they left"),
    *((kind.value, kind.label) for kind in EmployeeChange.Kind),
]


@needs(Action.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    form = EmployeeFileForm(
        request.POST or None, request.FILES or None, initial={"source": request.GET.get("source")}
    )
    problems: list[FileProblem] = []
    if request.method == "POST" and form.is_valid():
        actor = actor_of(request)
        content = form.cleaned_data["file"].read()
        try:
            importing.check(content)
            source = form.cleaned_data["source"] or sources.add(actor, form.cleaned_data["name"])
            held = importing.hold(source, actor, form.cleaned_data["file"].name, content)
        except UnreadableFile as error:
            problems = error.problems
        except Refused as error:
            form.add_error("name", f"{error.message} {error.remedy}")
        else:
            return redirect("directory:preview", held.pk)
    has_sources = Source.objects.filter(kind=Source.Kind.CSV).exists()
    return render(
        request, "directory/upload.html", {"form": form, "problems": problems, "has_sources": has_sources}
    )


@needs(Action.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file would change. Applied, it counts."""
    held = _held(pk)
    if held is None:
        messages.error(
            request, "That file was applied or dropped before. Upload it again to import it again."
        )
        return redirect("directory:home")
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            batch = importing.apply_held(
                held.pk, actor_of(request), timezone.now(), _number(request.POST.get("drops"))
            )
        except Refused as error:
            refusal = error
        except UnreadableFile:
            pass  # shown below, as it is without applying
        else:
            messages.success(request, f"The file counts now. {batch.rows:,} rows were read.")
            return redirect("directory:import", batch.pk)
    context: dict[str, object] = {"held": held, "source": held.source, "refusal": refusal}
    try:
        form = importing.layout_of_held(held)
        seen = importing.preview(held.source, importing.content_of(held), form, timezone.now())
        context |= {"seen": seen, "steps": _samples(seen), "reading": ReadingForm(form)}
    except UnreadableFile as error:
        context["problems"] = error.problems
    return render(request, "directory/preview.html", context, status=422 if refusal else 200)


@needs(Action.IMPORT_DIRECTORY)
@require_POST
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """Keeps how the file is to be read, and shows anew what it would change then."""
    held = _held(pk)
    if held is None:
        return redirect("directory:preview", pk)
    try:
        form = ReadingForm(importing.layout_of_held(held), request.POST)
        if form.is_valid():
            importing.read_so(held, form.mapping)
        else:
            messages.error(request, "What was chosen does not fit the file. Choose again.")
    except UnreadableFile as error:
        messages.error(request, f"{error} {error.problems[0].remedy}")
    return redirect("directory:preview", held.pk)


@needs(Action.IMPORT_DIRECTORY)
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    if held := _held(pk):
        importing.drop(held)
    messages.info(request, "The file is dropped. Nothing has changed.")
    return redirect("directory:home")


def _held(pk: int) -> Import | None:
    return Import.objects.select_related("source").filter(pk=pk, state=Import.State.PREVIEW).first()


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _samples(seen: importing.ImportPreview) -> list[tuple[str, str, int, list[object]]]:
    """What happens, in words, to how many, and the first of them."""
    return [
        (kind, words, seen.count(kind), list(seen.samples.get(kind, [])))
        for kind, words in KINDS
        if seen.count(kind)
    ]
