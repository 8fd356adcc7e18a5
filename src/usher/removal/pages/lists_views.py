"""The pages of leavers and of cases. Thin: what they know and do is asked of the verbs."""

import asyncio
from collections.abc import Iterator

import django_tables2 as tables
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from usher.access.models import User
from usher.access.roles import Action, Role, actor_of, needs, signed_in
from usher.asana import AsanaError
from usher.connections.models import Connection, Mode
from usher.directory.models import Source
from usher.ledger.actors import Actor
from usher.removal.cases.bulk import Outcome, approve_cases
from usher.removal.cases.records import CASE_COLUMNS
from usher.removal.execution.owned import owned_by
from usher.removal.guardrails.protection import reasons_why_protected
from usher.removal.jobs import run_if_due
from usher.removal.leavers.candidates import with_active_memberships
from usher.removal.leavers.figures import Show, figures_of, money
from usher.removal.leavers.query import leavers as all_leavers
from usher.removal.models import Case
from usher.removal.pages.export import LEAVER_COLUMNS, case_rows, leaver_rows
from usher.removal.pages.filters import STATES_OF, CasesFilter, LeaversFilter, Queue
from usher.removal.pages.new_cases.forms import ApproveForm
from usher.removal.pages.tables import (
    CasesTable,
    LeaversTable,
    can_be_chosen,
    is_offered_to,
    is_under_way,
    may_be_approved_by,
)
from usher.removal.states import State
from usher.roster.models import Person
from usher.web.csv_export import csv_lines
from usher.web.tables import PAGE_SIZES

USUAL_PAGE_SIZE = 50
LIVE_AT_MOST = 200
TOLD_ONE_BY_ONE = 20


@needs(Action.READ)
@require_GET
def leavers(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    narrowed = LeaversFilter(request.GET, queryset=all_leavers(today=today), request=request)
    of_connections = LeaversFilter(
        {"connection": request.GET.get("connection", "")}, queryset=all_leavers(today=today)
    )
    figures = figures_of(of_connections.qs)
    connections = list(Connection.objects.filter(disconnected_at=None))
    may_open = signed_in(request).may(Action.OPEN_CASES)
    offers_removal = may_open and any(one.mode == Mode.ACT for one in connections)
    table = LeaversTable(
        narrowed.qs.prefetch_related(with_active_memberships()),
        today,
        offers_removal=offers_removal,
        has_prices=bool(figures.cost),
        several_connections=len(connections) > 1,
    )
    _page(request, table)
    rows = [row.record for row in table.paginated_rows]
    table.protected = reasons_why_protected([person for person in rows if vars(person)["is_protected"]])
    context = {
        "filter": narrowed,
        "table": table,
        "figures": figures,
        "has_leavers": bool(figures.people) or all_leavers(today=today).exists(),
        "cost": " + ".join(money(amount, currency) for currency, amount in sorted(figures.cost.items())),
        "oldest_days": (today - figures.oldest).days if figures.oldest else None,
        "tabs": [(show.value, show.label, figures.counts[show]) for show in Show],
        "shown": request.GET.get("show", ""),
        "connections": connections,
        "read_only": [one for one in connections if one.mode == Mode.READ],
        "offers_removal": offers_removal and any(map(can_be_chosen, rows)),
        "has_directory": Source.objects.exists(),
    }
    return render(request, "removal/leavers.html", context)


@needs(Action.READ)
@require_GET
def leavers_csv(request: HttpRequest) -> StreamingHttpResponse:
    found = LeaversFilter(request.GET, queryset=all_leavers(), request=request).qs
    return _csv("leavers", csv_lines(LEAVER_COLUMNS, leaver_rows(found)))


@needs(Action.READ)
@require_GET
def owns(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person owns, read from Asana at this moment: a part of a page, or a page for who comes by a link."""
    found = get_object_or_404(Person.objects.select_related("connection"), pk=pk)
    context: dict[str, object] = {"person": found}
    try:
        context["seen"] = asyncio.run(owned_by(found))
    except AsanaError as error:
        context["error"] = error
    return render(
        request, "removal/_owns.html" if "HX-Request" in request.headers else "removal/owns.html", context
    )


@needs(Action.READ)
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    approver = _approver(request)
    narrowed = CasesFilter(request.GET, queryset=_cases(), request=request)
    table = CasesTable(narrowed.qs, approver, several_connections=Connection.objects.count() > 1)
    _page(request, table)
    rows = [row.record for row in table.paginated_rows]
    context = {
        "filter": narrowed,
        "table": table,
        "tabs": _tabs(),
        "queue": narrowed.queue_shown,
        "under_way": [case.pk for case in rows if is_under_way(case)],
        "can_approve": approver is not None and any(is_offered_to(approver, case) for case in rows),
        "own": approver is not None
        and any(case.state == State.WAITING and not may_be_approved_by(approver, case) for case in rows),
        "has_cases": bool(rows) or Case.objects.exists(),
        "more_open": any(
            request.GET.get(name) for name in ("kind", "cause", "opened_after", "opened_before")
        ),
    }
    return render(request, "removal/cases.html", context)


@needs(Action.READ)
@require_GET
def cases_csv(request: HttpRequest) -> StreamingHttpResponse:
    found = CasesFilter(request.GET, queryset=_cases(), request=request).qs
    return _csv("cases", csv_lines(CASE_COLUMNS, case_rows(found)))


@needs(Action.READ)
@require_GET
def cases_live(request: HttpRequest) -> HttpResponse:
    """The states of the cases that a page shows as under way; it asks again as long as any is."""
    keys = [
        int(text)
        for text in request.GET.getlist("case")
        if text.isascii() and text.isdigit() and len(text) < 19
    ]
    shown = list(_cases().filter(pk__in=keys[:LIVE_AT_MOST]))
    context = {
        "cases": shown,
        "under_way": [case.pk for case in shown if is_under_way(case)],
        "tabs": _tabs(),
        "now": timezone.now(),
    }
    return render(request, "removal/_case_rows_live.html", context)


@needs(Action.APPROVE)
@require_POST
def approve_many(request: HttpRequest) -> HttpResponse:
    """First asks, with names and number; approves once that was answered."""
    actor = actor_of(request)
    keys = [
        int(text)
        for text in request.POST.getlist("case")
        if text.isascii() and text.isdigit() and len(text) < 19
    ]
    chosen = list(_cases().filter(pk__in=keys).order_by("person_name", "pk"))
    able = [case for case in chosen if may_be_approved_by(actor, case)]
    if not able:
        messages.warning(request, "None of these cases waits for your approval any more.")
        return redirect("removal:cases")
    is_answer = "approve" in request.POST
    form = ApproveForm(request.POST if is_answer else None, count=len(able))
    if not (is_answer and form.is_valid()):
        context = {
            "form": form,
            "cases": able,
            "losing": sum(case.kind != Case.Kind.RESTORE for case in able),
            "left_out": [case for case in chosen if case not in able],
        }
        return render(request, "removal/approve.html", context, status=422 if is_answer else 200)
    is_admin = signed_in(request).role == Role.ADMIN
    told = approve_cases(able, actor, is_admin=is_admin, note=form.cleaned_data["note"])
    for outcome in told:
        if outcome.case and not outcome.problem:
            run_if_due(outcome.case)
    tell(request, told, "approved")
    return redirect("removal:cases")


def tell(request: HttpRequest, told: list[Outcome], done: str) -> None:
    """What became of each: the good together, the others one by one."""
    good = [one for one in told if not one.problem]
    bad = [one for one in told if one.problem]
    if len(good) == 1 and good[0].case:
        messages.success(request, format_html("{} is {}.", _link(good[0].case), done))
    elif good:
        messages.success(request, f"{len(good):,} cases are {done}.")
    for one in bad[:TOLD_ONE_BY_ONE]:
        who = _link(one.case) if one.case else one.who
        messages.error(request, format_html("{}: {} {}", who, one.problem, one.remedy))
    if len(bad) > TOLD_ONE_BY_ONE:
        messages.error(request, f"The same or the like holds for {len(bad) - TOLD_ONE_BY_ONE:,} more.")


def _link(case: Case) -> str:
    return format_html(
        '<a href="{}">Case {}, {}</a>',
        reverse("removal:case", args=[case.pk]),
        case.pk,
        case.person_name or case.person_gid,
    )


def _cases() -> QuerySet[Case]:
    return Case.objects.select_related("connection").prefetch_related("targets", "approvals")


def _tabs() -> list[tuple[str, str, int]]:
    counts = dict(Case.objects.order_by().values_list("state").annotate(Count("pk")))
    return [
        (queue.value, queue.label, sum(counts.get(state, 0) for state in STATES_OF[queue])) for queue in Queue
    ]


def _approver(request: HttpRequest) -> Actor | None:
    user: User = signed_in(request)
    return actor_of(request) if user.may(Action.APPROVE) else None


def _page(request: HttpRequest, table: tables.Table) -> None:
    """Sorts and pages it by what the address asks for; nonsense is the first page."""
    RequestConfig(request, paginate=False).configure(table)
    asked = request.GET.get("per_page")
    table.paginate(per_page=next((size for size in PAGE_SIZES if str(size) == asked), USUAL_PAGE_SIZE))
    table.page = table.paginator.get_page(request.GET.get("page"))


def _csv(name: str, lines: Iterator[str]) -> StreamingHttpResponse:
    file = f"usher-{name}-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )
