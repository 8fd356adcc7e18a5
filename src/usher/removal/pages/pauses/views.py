"""The list of licences to pause: looking, ticking, taking off, and putting selected people on it."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs, signed_in
from usher.connections.models import Connection
from usher.refusals import Refused
from usher.removal.leavers.selection import keys_in
from usher.removal.models import LicencePause
from usher.removal.pages.pauses.export import PAUSE_COLUMNS, pause_rows
from usher.removal.pages.pauses.filters import PausesFilter
from usher.removal.pages.pauses.forms import PutOnListForm, TakeOffForm
from usher.removal.pages.pauses.tables import PausesTable
from usher.removal.pauses import worklist
from usher.removal.pauses.candidates import pause_candidates
from usher.removal.pauses.console import members_page
from usher.removal.pauses.states import OPEN_PAUSES, PauseState, logs_read_until, standing_of, state_of
from usher.removal.pauses.worklist import PUT_AT_ONCE, PutResult, put_on_list
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table, parse_id, parse_ids
from usher.web.phrases import counted

PROBLEMS_SHOWN = 20


@needs(Action.READ)
@require_GET
def pauses(request: HttpRequest) -> HttpResponse:
    filtered = _filtered(request)
    connections = list(Connection.objects.filter(disconnected_at=None))
    table = PausesTable(
        filtered.qs,
        timezone.now(),
        may_change=signed_in(request).may(Action.OPEN_CASES),
        several_connections=len(connections) > 1,
        csrf_token=get_token(request),
    )
    configure_table(request, table)
    rows = [row.record for row in table.paginated_rows]
    table.read_until = logs_read_until({one.membership.workspace_id for one in rows})
    context = {
        "filter": filtered,
        "table": table,
        "shown": filtered.shown,
        "tabs": filtered.counts(),
        "has_pauses": bool(rows) or LicencePause.objects.exists(),
        "can_tick": any(state_of(one) is PauseState.TO_DO for one in rows),
        "unread": list(Connection.objects.filter(pk__in=_not_verifiable())),
    }
    return render(request, "removal/pauses.html", context)


@needs(Action.READ)
@require_GET
def pauses_csv(request: HttpRequest) -> StreamingHttpResponse:
    return csv_download("licences-to-pause", PAUSE_COLUMNS, pause_rows(_filtered(request).qs, timezone.now()))


@needs(Action.OPEN_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET shows the selected people and who cannot be put on the list; POST puts the others on it."""
    fields = request.POST if request.method == "POST" else request.GET
    keys = keys_in(fields, request.session)
    form = PutOnListForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and keys and form.is_valid():
        _show_results(request, put_on_list(keys[:PUT_AT_ONCE], form.cleaned_data["why"], actor_of(request)))
        return redirect("removal:pauses")
    selected = pause_candidates(keys[:PUT_AT_ONCE])
    context = {
        "form": form,
        "people": [one for one in selected if one.can_be_paused],
        "left_out": [one for one in selected if not one.can_be_paused],
        "too_many": max(0, len(keys) - PUT_AT_ONCE),
        "too_many_words": f"This page shows the first {PUT_AT_ONCE:,} of them, in the order of the list.",
    }
    return render(request, "removal/new_pauses.html", context, status=422 if form.errors else 200)


@needs(Action.OPEN_CASES)
@require_POST
def tick(request: HttpRequest) -> HttpResponse:
    """One from its row, or all that are selected."""
    ticked = worklist.tick(set(parse_ids(request.POST.getlist("pause"))), actor_of(request))
    if ticked:
        words = f"{counted(ticked, 'licence')} ticked. The next sync looks for it in the audit log."
        messages.success(request, words)
    else:
        messages.info(request, "Nothing was ticked: somebody changed the list meanwhile.")
    return redirect("removal:pauses")


@needs(Action.OPEN_CASES)
@require_POST
def untick(request: HttpRequest) -> HttpResponse:
    try:
        worklist.untick(parse_id(request.POST.get("pause")) or 0, actor_of(request))
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.remedy}")
    return redirect("removal:pauses")


@needs(Action.OPEN_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def take_off(request: HttpRequest, pk: int) -> HttpResponse:
    pause = get_object_or_404(_with_people(), pk=pk)
    form = TakeOffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            worklist.take_off(pk, form.cleaned_data["reason"].strip(), actor_of(request))
        except Refused as refusal:
            messages.error(request, f"{refusal.message} {refusal.remedy}")
        else:
            messages.success(request, f"{pause.membership.person} is off the list. Nothing changed in Asana.")
        return redirect("removal:pauses")
    context = {
        "pause": pause,
        "form": form,
        "standing": standing_of(pause, logs_read_until({pause.membership.workspace_id}), timezone.now()),
        "console": members_page(pause.membership.workspace),
    }
    return render(request, "removal/pause_take_off.html", context, status=422 if form.errors else 200)


def _filtered(request: HttpRequest) -> PausesFilter:
    return PausesFilter(request.GET, queryset=_with_people(), request=request)


def _with_people() -> QuerySet[LicencePause]:
    return LicencePause.objects.select_related("connection", "membership__person", "membership__workspace")


def _not_verifiable() -> QuerySet[LicencePause]:
    """The keys of connections with open entries whose audit log is not read."""
    unread = LicencePause.objects.filter(OPEN_PAUSES, connection__has_service_token=False)
    return unread.filter(connection__disconnected_at=None).order_by().values("connection")  # type: ignore[return-value]


def _show_results(request: HttpRequest, results: list[PutResult]) -> None:
    put = sum(len(one.pauses) for one in results)
    if put:
        words = f"{counted(put, 'licence')} put on the list. Pause them in Asana's Admin Console, and tick them here."
        messages.success(request, words)
    failed = [one for one in results if one.problem]
    for one in failed[:PROBLEMS_SHOWN]:
        messages.error(request, f"{one.person}: {one.problem} {one.remedy}")
    if len(failed) > PROBLEMS_SHOWN:
        messages.error(request, f"{len(failed) - PROBLEMS_SHOWN:,} more were left out for such reasons.")
