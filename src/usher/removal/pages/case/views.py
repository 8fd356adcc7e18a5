"""The page of a case: what, why, what would happen, who approved, and the steps as they happen."""

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from usher.access.roles import Action, actor_of, needs, signed_in
from usher.asana import AsanaError
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CannotOpen
from usher.removal.cases.transitions import CannotApprove
from usher.removal.cases.undo import undo as undo_case
from usher.removal.execution.preview import preview as read_preview
from usher.removal.jobs import run_if_due, run_soon
from usher.removal.models import Case, Step
from usher.removal.pages.case.context import calls_shown, case_shown, progress_shown
from usher.removal.pages.case.forms import DraftForm, NoteForm
from usher.removal.states import CaseState, WrongState

TASKS_SHOWN = 20


@needs(Action.READ)
@require_GET
def case(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(pk)
    context = case_shown(found, signed_in(request))
    return render(request, "removal/case.html", {**context, "draft_form": DraftForm(found)})


@needs(Action.READ)
@require_GET
def steps(request: HttpRequest, pk: int) -> HttpResponse:
    """What changes while a case is open; all of the page's content once more has."""
    found = _case(pk)
    progress = progress_shown(found)
    if request.GET.get("standing") == progress["standing"]:
        return render(request, "removal/_steps.html", progress)
    context = case_shown(found, signed_in(request))
    answer = render(
        request, "removal/_case.html", {**context, "draft_form": DraftForm(found), "has_moved": True}
    )
    return reswap(retarget(answer, "#case"), "outerHTML")


@needs(Action.READ)
@require_GET
def calls(request: HttpRequest, pk: int) -> HttpResponse:
    """The requests that it has made so far."""
    return render(request, "removal/_calls.html", calls_shown(_case(pk)))


@needs(Action.READ)
@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What would happen, read from Asana at this moment."""
    found = _case(pk)
    context: dict[str, object] = {"case": found, "tasks_shown": TASKS_SHOWN}
    given = found.steps.filter(name=Step.Name.HAND_OVER)
    context["handed_over_in"] = set(given.values_list("target__workspace_gid", flat=True))
    if found.connection is None or not found.connection.is_connected:
        return render(request, "removal/_preview.html", {**context, "is_gone": True})
    try:
        context["preview"] = async_to_sync(read_preview)(found)
    except AsanaError as error:
        context |= {"problem": str(error), "remedy": error.remedy}
    return render(request, "removal/_preview.html", context)


@needs(Action.OPEN_CASES)
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(pk)
    try:
        asked = transitions.request_approval(found, actor_of(request))
    except (CannotOpen, WrongState) as error:
        return _refused(request, found, error)
    run_if_due(asked)
    is_waiting = asked.state == CaseState.WAITING
    messages.success(request, "It waits for approval now." if is_waiting else "It is scheduled.")
    return redirect("removal:case", pk)


@needs(Action.OPEN_CASES)
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(pk)
    form = DraftForm(found, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            opening.change_draft(
                found, actor_of(request), reason=given["reason"], hand_over_to=given.get("hand_over_to")
            )
        except CannotOpen as error:
            form.add_error("hand_over_to", f"{error.message} {error.remedy}")
        except WrongState:
            messages.error(request, "It was handed in meanwhile, so it cannot be changed any more.")
            return redirect("removal:case", pk)
        else:
            messages.success(request, "Changed.")
            return redirect("removal:case", pk)
    context = {**case_shown(found, signed_in(request)), "draft_form": form}
    return render(request, "removal/case.html", context, status=422)


@needs(Action.APPROVE)
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(pk)
    try:
        approved = transitions.approve(found, actor_of(request), note=_note(request))
    except (CannotApprove, CannotOpen, WrongState) as error:
        return _refused(request, found, error)
    run_if_due(approved)
    messages.success(request, "Approved.")
    return redirect("removal:case", pk)


@needs(Action.APPROVE)
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(pk)
    try:
        transitions.reject(found, actor_of(request), note=_note(request))
    except WrongState as error:
        return _refused(request, found, error)
    messages.success(request, "Refused. The case is closed; nothing was changed in Asana.")
    return redirect("removal:case", pk)


@needs(Action.OPEN_CASES)
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(pk)
    try:
        transitions.cancel(found, actor_of(request), reason=_note(request))
    except WrongState as error:
        return _refused(request, found, error)
    messages.success(request, "Cancelled.")
    return redirect("removal:case", pk)


@needs(Action.OPEN_CASES)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """A failed case goes on where it stood."""
    found = _case(pk)
    try:
        tried = transitions.try_again(found, actor_of(request))
    except WrongState as error:
        return _refused(request, found, error)
    if tried.connection_id:
        run_soon(tried.connection_id)
    messages.success(request, "It goes on where it stood.")
    return redirect("removal:case", pk)


@needs(Action.RESTORE)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Opens a case that invites the person again."""
    found = _case(pk)
    try:
        restoring = undo_case(found, actor_of(request), reason=_note(request))
    except (CannotOpen, WrongState) as error:
        return _refused(request, found, error)
    run_if_due(restoring)
    messages.success(request, f"Case {restoring.pk} is opened: it invites them again.")
    return redirect("removal:case", restoring.pk)


def _case(pk: int) -> Case:
    return get_object_or_404(Case.objects.select_related("connection", "person__connection", "undoes"), pk=pk)


def _note(request: HttpRequest) -> str:
    form = NoteForm(request.POST)
    return form.cleaned_data["note"].strip() if form.is_valid() else request.POST.get("note", "")[:1000]


def _refused(
    request: HttpRequest, case: Case, error: CannotApprove | CannotOpen | WrongState
) -> HttpResponse:
    remedy = getattr(error, "remedy", "")
    messages.error(request, f"{error} {remedy}".strip())
    return redirect("removal:case", case.pk)
