"""The dashboard."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from usher.access.models import User
from usher.access.roles import Action, signed_in
from usher.access.sso.break_glass import recent_use
from usher.activity.usage.counting import count_memberships
from usher.connections.attention import needs_attention
from usher.connections.models import Connection, SyncRun
from usher.insights.attention import attention_items
from usher.insights.health.fact import HealthFact
from usher.insights.health.facts import health_problems
from usher.insights.leavers import has_leavers, leaver_figures, removed_by_month
from usher.insights.seat_charts import seats_context
from usher.insights.usage_charts import usage_context
from usher.roster.models import Workspace
from usher.web.lists import parse_id
from usher.web.replica import may_read_replica

PROBLEMS_SHOWN = 3
CONNECTION_FIELDS = ("name", "time_zone", "problem", "problem_kind", "disconnected_at", "has_service_token")
"""Those that the page reads of a connection. There may be hundreds, and times take long to read."""


@require_GET
@may_read_replica
def dashboard(request: HttpRequest) -> HttpResponse:
    """Over all connections, or over one (`?connection=`)."""
    connections = list(Connection.objects.only(*CONNECTION_FIELDS))
    requested = parse_id(request.GET.get("connection"))
    chosen = next((connection for connection in connections if connection.pk == requested), None)
    shown = [connection for connection in connections if chosen in (None, connection)]
    of_chosen = Q(connection=chosen) if chosen else Q()
    open_runs = list(SyncRun.objects.filter(of_chosen, state__in=SyncRun.OPEN).select_related("connection"))
    if request.headers.get("HX-Target") == "under-way":
        if not open_runs:
            return HttpResponseClientRefresh()  # every figure on the page may have changed
        return render(request, "insights/_syncs.html", {"open_runs": open_runs})
    user = signed_in(request)
    syncing = {run.connection_id for run in open_runs}
    troubled = [connection for connection in shown if needs_attention(connection, syncing)]
    context: dict[str, object] = {
        "health": _health_for(user),
        "connections": connections,
        "chosen": chosen,
        "open_runs": open_runs,
        "break_glass_use": recent_use() if user.may(Action.USERS) else None,
        "problems": troubled[:PROBLEMS_SHOWN],
    }
    if Workspace.objects.filter(of_chosen).exclude(last_walked_at=None).exists():
        today = timezone.localdate()
        leavers = leaver_figures(chosen, today) if has_leavers(chosen) else None
        counted = count_memberships(shown)
        context |= {
            "attention": attention_items(user, counted, chosen, leavers, troubled),
            "leavers": leavers,
            "removed_by_month": removed_by_month(chosen, today) if leavers else None,
        }
        context |= seats_context(chosen, counted, today, with_connection=len(connections) > 1)
        context |= usage_context(chosen, counted, request.GET.get("period", ""), today)
    return render(request, "insights/dashboard.html", context)


def _health_for(user: User) -> list[HealthFact]:
    """The problems of this installation that the user can do something about."""
    if not user.may(Action.SYNC):
        return []
    return [problem for problem in health_problems() if user.may(problem.remedied_by)]
