"""The queue of cases, and approving several at once."""

from django.contrib import messages
from django.db.models import Case as SqlCase
from django.db.models import Count, OuterRef, QuerySet, Subquery, When
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs, signed_in
from usher.activity.models import PersonUsage
from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.removal.cases.bulk import approve_cases
from usher.removal.cases.records import CASE_COLUMNS
from usher.removal.guardrails.remarks import unanswered_count
from usher.removal.jobs import run_if_due
from usher.removal.models import Case
from usher.removal.pages.bulk_messages import show_results, why_none_can_be_approved
from usher.removal.pages.cases.export import case_rows
from usher.removal.pages.cases.filters import STATES_OF, CasesFilter, Queue
from usher.removal.pages.cases.forms import ApproveForm
from usher.removal.pages.cases.tables import (
    CasesTable,
    changes_soon,
    has_unanswered_remarks,
    may_approve,
    offers_approval,
)
from usher.removal.states import OPEN, CaseState
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table, parse_ids
from usher.web.replica import may_read_replica

POLLED_AT_MOST = 200
IN_MORE_FILTERS = ("kind", "cause", "remarks", "approver", "opened_after", "opened_before")


@needs(Action.READ)
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    approver = _approver(request)
    filtered = CasesFilter(request.GET, queryset=_all_cases(), request=request)
    table = CasesTable(filtered.qs, approver, several_connections=Connection.objects.count() > 1)
    configure_table(request, table)
    rows = [row.record for row in table.paginated_rows]
    waiting = [case for case in rows if case.state == CaseState.WAITING]
    context = {
        "filter": filtered,
        "table": table,
        "tabs": _tabs(),
        "queue": filtered.queue_shown,
        "polled": [case.pk for case in rows if changes_soon(case)],
        "can_approve": approver is not None and any(offers_approval(approver, case) for case in rows),
        "has_own": approver is not None and any(not may_approve(approver, case) for case in waiting),
        "has_cases": bool(rows) or Case.objects.exists(),
        "more_open": any(request.GET.get(name) for name in IN_MORE_FILTERS),
    }
    return render(request, "removal/cases.html", context)


@needs(Action.READ)
@require_GET
@may_read_replica
def cases_csv(request: HttpRequest) -> StreamingHttpResponse:
    filtered = CasesFilter(request.GET, queryset=_all_cases(), request=request).qs
    return csv_download("cases", CASE_COLUMNS, case_rows(filtered))


@needs(Action.READ)
@require_GET
def cases_live(request: HttpRequest) -> HttpResponse:
    """The states of these cases. The page polls as long as one of them may change soon."""
    keys = parse_ids(request.GET.getlist("case"))
    shown = list(_all_cases().filter(pk__in=keys[:POLLED_AT_MOST]))
    context = {
        "cases": shown,
        "polled": [case.pk for case in shown if changes_soon(case)],
        "tabs": _tabs(),
        "now": timezone.now(),
    }
    return render(request, "removal/_case_rows_live.html", context)


@needs(Action.APPROVE)
@require_POST
def approve_many(request: HttpRequest) -> HttpResponse:
    """First names the people and asks for confirmation; approves when the user confirms."""
    actor = actor_of(request)
    keys = parse_ids(request.POST.getlist("case"))
    selected = list(_all_cases().filter(pk__in=keys).order_by("person_name", "pk"))
    own_turn = [case for case in selected if may_approve(actor, case)]
    with_remarks = [case for case in own_turn if has_unanswered_remarks(case)]
    approvable = [case for case in own_turn if case not in with_remarks]
    if not approvable:
        messages.warning(request, why_none_can_be_approved(with_remarks))
        return redirect("removal:cases")
    is_confirmed = "approve" in request.POST
    form = ApproveForm(request.POST if is_confirmed else None, count=len(approvable))
    if not (is_confirmed and form.is_valid()):
        context = {
            "form": form,
            "cases": approvable,
            "losing": sum(case.kind != Case.Kind.RESTORE for case in approvable),
            "left_out": [case for case in selected if case not in own_turn],
            "with_remarks": with_remarks,
        }
        return render(request, "removal/approve.html", context, status=422 if is_confirmed else 200)
    read = {case.pk: request.POST.get(f"read-{case.pk}", "") for case in approvable}
    results = approve_cases(approvable, actor, note=form.cleaned_data["note"], read=read)
    for result in results:
        if result.case and not result.problem:
            run_if_due(result.case)
    show_results(request, results, "approved")
    return redirect("removal:cases")


def _all_cases() -> QuerySet[Case]:
    """`used_since`: the last use, if an open case says that the seat is idle or released and it has been used since.
    `remarks`: how many remarks on the person of an open case nobody has answered.
    """
    usage = PersonUsage.objects.filter(
        connection=OuterRef("connection"),
        user_gid=OuterRef("person_gid"),
        last_used_at__gt=OuterRef("opened_at"),
    )
    says_idle = When(
        cause__in=Case.RESTS_ON_NO_USE,
        state__in=sorted(OPEN),
        then=Subquery(usage.values("last_used_at")[:1]),
    )
    is_open = When(state__in=sorted(OPEN), then=unanswered_count("person"))
    cases = Case.objects.annotate(used_since=SqlCase(says_idle), remarks=SqlCase(is_open, default=0))
    return cases.select_related("connection").prefetch_related("targets", "approvals")


def _tabs() -> list[tuple[str, str, int]]:
    counts = dict(Case.objects.order_by().values_list("state").annotate(Count("pk")))
    return [
        (queue.value, queue.label, sum(counts.get(state, 0) for state in STATES_OF[queue])) for queue in Queue
    ]


def _approver(request: HttpRequest) -> Actor | None:
    return actor_of(request) if signed_in(request).may(Action.APPROVE) else None
