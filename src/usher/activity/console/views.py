"""Uploading a member CSV, previewing it, and importing it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs, signed_in
from usher.activity.console import uploads
from usher.activity.console.forms import DateOrderForm, MemberFileForm
from usher.activity.console.parse import MAX_BYTES
from usher.activity.console.preview import preview
from usher.activity.console.store import store
from usher.activity.models import ConsoleImport, ConsoleUpload
from usher.connections.models import Connection
from usher.csvfiles.problems import FileProblem, UnreadableFile
from usher.web.body_size import takes_upload

IMPORTS_SHOWN = 20


@takes_upload(MAX_BYTES)
@needs(Action.READ, to_change=Action.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """The form, and the earlier imports."""
    initial = {"connection": request.GET.get("connection"), "exported_on": timezone.localdate()}
    form = MemberFileForm(request.POST or None, request.FILES or None, initial=initial)
    problems: list[FileProblem] = []
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            held = uploads.hold(
                signed_in(request),
                form.cleaned_data["connection"],
                file.name,
                file.read(),
                form.cleaned_data["exported_on"],
            )
        except UnreadableFile as error:
            problems = error.problems
        else:
            return redirect("console:preview", held.pk)
    context = {
        "form": form,
        "problems": problems,
        "has_connections": Connection.objects.filter(disconnected_at=None).exists(),
        "imports": ConsoleImport.objects.select_related("connection", "imported_by")[:IMPORTS_SHOWN],
    }
    return render(request, "console/upload.html", context)


@needs(Action.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What the uploaded file contains. A POST imports it."""
    held = _held(request, pk)
    if held is None:
        messages.error(request, "This file is no longer available. Upload it again.")
        return redirect("console:upload")
    filled_in = request.POST if request.method == "POST" else request.GET
    form = DateOrderForm(filled_in if "date_order" in filled_in else None)
    try:
        parsed = uploads.read(held, form.order)
        if request.method == "POST":
            stored = store(held.connection, parsed, held.exported_on, held.file_name, actor_of(request))
            held.delete()
            messages.success(request, f"The file was imported. People matched: {stored.matched:,}.")
            return redirect("console:upload")
        context: dict[str, object] = {"preview": preview(held.connection, parsed, held.exported_on)}
    except UnreadableFile as error:
        context = {"problems": error.problems}
    return render(request, "console/preview.html", {"upload": held, "form": form, **context})


@needs(Action.IMPORT_DIRECTORY)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    if held := _held(request, pk):
        held.delete()
    messages.info(request, "The file was discarded. Nothing has changed.")
    return redirect("console:upload")


def _held(request: HttpRequest, pk: int) -> ConsoleUpload | None:
    return (
        ConsoleUpload.objects.filter(
            pk=pk, user=signed_in(request), created_at__gt=timezone.now() - uploads.LIFETIME
        )
        .select_related("connection")
        .first()
    )
