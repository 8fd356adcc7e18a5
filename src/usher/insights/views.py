"""The dashboard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from usher.access.models import User
from usher.access.roles import Action, signed_in
from usher.access.sso.break_glass import recent_use
from usher.activity.usage.counting import count_memberships
from usher.connections.attention import needing_attention
from usher.connections.models import Connection, SyncRun
from usher.insights.attention import attention_items
from usher.insights.health.facts import HealthFact, health_problems
from usher.insights.leavers import has_leavers, leaver_figures, removed_by_month
from usher.insights.seat_charts import seats_context
from usher.insights.usage_charts import usage_context
from usher.roster.models import Workspace
from usher.web.lists import parse_id
from usher.web.replica import may_read_replica

PROBLEMS_SHOWN = 3


@require_GET
@may_read_replica
def dashboard(request: HttpRequest) -> HttpResponse:
    """Over all connections, or over one (`?connection=`)."""
    connections = list(Connection.objects.all())
    requested = parse_id(request.GET.get("connection"))
    chosen = next((connection for connection in connections if connection.pk == requested), None)
    shown = [connection for connection in connections if chosen in (None, connection)]
    open_runs = list(
        SyncRun.objects.filter(state__in=SyncRun.OPEN, connection__in=shown).select_related("connection")
    )
    if request.headers.get("HX-Target") == "under-way":
        if not open_runs:
            return HttpResponseClientRefresh()  # every figure on the page may have changed
        return render(request, "insights/_syncs.html", {"open_runs": open_runs})
    user = signed_in(request)
    context: dict[str, object] = {
        "health": _health_for(user),
        "connections": connections,
        "chosen": chosen,
        "open_runs": open_runs,
        "break_glass_use": recent_use() if signed_in(request).may(Action.USERS) else None,
        "problems": needing_attention().filter(pk__in=[one.pk for one in shown])[:PROBLEMS_SHOWN],
    }
    if Workspace.objects.filter(connection__in=shown).exclude(last_walked_at=None).exists():
        today = timezone.localdate()
        leavers = leaver_figures(shown, today) if has_leavers(shown) else None
        counted = count_memberships(shown)
        context |= {
            "attention": attention_items(user, counted, chosen, leavers),
            "leavers": leavers,
            "removed_by_month": removed_by_month(shown, today) if leavers else None,
        }
        context |= seats_context(chosen, counted, today)
        context |= usage_context(counted, request.GET.get("period", ""), today)
    return render(request, "insights/dashboard.html", context)


def _health_for(user: User) -> list[HealthFact]:
    """The problems of this installation that the user can do something about."""
    if not user.may(Action.SYNC):
        return []
    return [problem for problem in health_problems() if user.may(problem.remedied_by)]
