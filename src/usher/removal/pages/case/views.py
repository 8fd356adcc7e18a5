"""The page of a case: what and why, what would happen, who approved, and the steps as they happen."""

from collections.abc import Callable
from functools import wraps

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from usher.access.acting import actor_of
from usher.access.roles import Action, needs, signed_in
from usher.asana import AsanaError
from usher.refusals import Refused
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CannotOpen
from usher.removal.cases.undo import undo as undo_case
from usher.removal.cases.versions import ReadAnother
from usher.removal.execution.preview import preview as read_preview
from usher.removal.execution.task_lookups import TooManyLookups, note_lookup
from usher.removal.jobs import run_if_due, run_soon
from usher.removal.models import Case, Step
from usher.removal.pages.case.context import (
    calls_context,
    case_context,
    cases_with_parts,
    progress_context,
)
from usher.removal.pages.case.forms import DraftForm, NoteForm
from usher.removal.states import CaseState, WrongState

TASKS_SHOWN = 20

CaseView = Callable[[HttpRequest, int], HttpResponse]


def refusal_as_message(view: CaseView) -> CaseView:
    """If Usher refuses the action, the page of the case says why and what to do."""

    @wraps(view)
    def answer(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            return view(request, pk)
        except Refused as refusal:
            messages.error(request, f"{refusal.message} {refusal.remedy}".strip())
            return redirect("removal:case", pk)

    return answer


@needs(Action.READ)
@require_GET
def case(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(cases_with_parts(), pk=pk)
    context = case_context(shown, signed_in(request))
    return render(request, "removal/case.html", {**context, "draft_form": DraftForm(shown)})


@needs(Action.READ)
@require_GET
def steps(request: HttpRequest, pk: int) -> HttpResponse:
    """What changes while a case is open. When the case has changed, the content of the whole page."""
    shown = get_object_or_404(cases_with_parts(), pk=pk)
    progress = progress_context(shown)
    if request.GET.get("version") == progress["version"]:
        return render(request, "removal/_steps.html", progress)
    context = {**case_context(shown, signed_in(request)), "draft_form": DraftForm(shown), "has_changed": True}
    return reswap(retarget(render(request, "removal/_case.html", context), "#case"), "outerHTML")


@needs(Action.READ)
@require_GET
def calls(request: HttpRequest, pk: int) -> HttpResponse:
    """The requests to Asana that the case has made so far."""
    return render(request, "removal/_calls.html", calls_context(_case(pk)))


@needs(Action.OPEN_CASES)
@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What would happen, read from Asana now."""
    shown = _case(pk)
    hand_overs = shown.steps.filter(name=Step.Name.HAND_OVER)
    context: dict[str, object] = {
        "case": shown,
        "tasks_shown": TASKS_SHOWN,
        "handed_over_in": set(hand_overs.values_list("target__workspace_gid", flat=True)),
    }
    if shown.connection is None or not shown.connection.is_connected:
        return render(request, "removal/_preview.html", {**context, "is_gone": True})
    try:
        note_lookup(request, f"case {shown.pk}: {shown.person_name} in {shown.connection_name}")
        context["preview"] = async_to_sync(read_preview)(shown)
    except (AsanaError, TooManyLookups) as error:
        context |= {"problem": str(error), "remedy": error.remedy}
    return render(request, "removal/_preview.html", context)


@needs(Action.OPEN_CASES)
@require_POST
@refusal_as_message
def request_approval(request: HttpRequest, pk: int) -> HttpResponse:
    requested = transitions.request_approval(_case(pk), actor_of(request), read=_read(request))
    run_if_due(requested)
    is_waiting = requested.state == CaseState.WAITING
    messages.success(request, "Approval has been requested." if is_waiting else "The case is scheduled.")
    return redirect("removal:case", pk)


@needs(Action.OPEN_CASES)
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(cases_with_parts(), pk=pk)
    form = DraftForm(shown, request.POST)
    if form.is_valid():
        reason, receiver = form.cleaned_data["reason"], form.cleaned_data.get("hand_over_to")
        try:
            opening.change_draft(
                shown, actor_of(request), reason=reason, hand_over_to=receiver, read=_read(request)
            )
        except ReadAnother as error:
            form.add_error(None, f"{error.message} {error.remedy}")
        except CannotOpen as error:
            form.add_error("hand_over_to", f"{error.message} {error.remedy}")
        except WrongState:
            messages.error(request, "Approval was requested in the meantime, so the draft cannot be changed.")
            return redirect("removal:case", pk)
        else:
            messages.success(request, "The draft has been saved.")
            return redirect("removal:case", pk)
    context = {**case_context(shown, signed_in(request)), "draft_form": form}
    return render(request, "removal/case.html", context, status=422)


@needs(Action.APPROVE)
@require_POST
@refusal_as_message
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    approved = transitions.approve(_case(pk), actor_of(request), note=_note(request), read=_read(request))
    run_if_due(approved)
    messages.success(request, "Approved.")
    return redirect("removal:case", pk)


@needs(Action.APPROVE)
@require_POST
@refusal_as_message
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    transitions.reject(_case(pk), actor_of(request), note=_note(request))
    messages.success(request, "Rejected. The case is closed, and nothing was changed in Asana.")
    return redirect("removal:case", pk)


@needs(Action.OPEN_CASES)
@require_POST
@refusal_as_message
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    transitions.cancel(_case(pk), actor_of(request), reason=_note(request))
    messages.success(request, "Cancelled.")
    return redirect("removal:case", pk)


@needs(Action.OPEN_CASES)
@require_POST
@refusal_as_message
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A failed case continues with the step that failed."""
    tried = transitions.try_again(_case(pk), actor_of(request))
    if tried.connection_id:
        run_soon(tried.connection_id)
    messages.success(request, "The case continues with the step that failed.")
    return redirect("removal:case", pk)


@needs(Action.RESTORE)
@require_POST
@refusal_as_message
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Opens a case that invites the person again."""
    restoring = undo_case(_case(pk), actor_of(request), reason=_note(request))
    run_if_due(restoring)
    messages.success(request, f"Case {restoring.pk} has been opened to invite them again.")
    return redirect("removal:case", restoring.pk)


def _case(pk: int) -> Case:
    return get_object_or_404(Case.objects.select_related("connection", "person__connection", "undoes"), pk=pk)


def _read(request: HttpRequest) -> str:
    """The version of the case that was on the page."""
    return request.POST.get("read", "")


def _note(request: HttpRequest) -> str:
    form = NoteForm(request.POST)
    return form.cleaned_data["note"].strip() if form.is_valid() else request.POST.get("note", "")[:1000]
