"""The dashboard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from usher.connections.models import Connection, SyncRun
from usher.insights.leavers import leavers_context
from usher.insights.seats import comings_and_goings, seat_history, seats_now, workspaces_with_counts
from usher.insights.usage_charts import usage_context
from usher.roster.models import Licence, Role, Workspace

COLOURS = {Licence.MEMBER: "blue", Licence.VIEW_ONLY: "teal", Licence.GUEST: "orange"}


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """Over all connections, or over one (`?connection=`)."""
    connections = list(Connection.objects.all())
    asked = request.GET.get("connection", "")
    chosen = next((connection for connection in connections if str(connection.pk) == asked), None)
    shown = [connection for connection in connections if chosen in (None, connection)]
    at_work = list(
        SyncRun.objects.filter(state__in=SyncRun.OPEN, connection__in=shown).select_related("connection")
    )
    if request.headers.get("HX-Target") == "under-way":
        if not at_work:
            return HttpResponseClientRefresh()  # new figures for everything on the page
        return render(request, "insights/_under_way.html", {"at_work": at_work})
    busy = {run.connection_id for run in at_work}
    context: dict[str, object] = {
        "connections": connections,
        "chosen": chosen,
        "at_work": at_work,
        "troubled": [
            connection
            for connection in shown
            if connection.is_connected and connection.problem and connection.pk not in busy
        ],
    }
    if Workspace.objects.filter(connection__in=shown).exclude(last_walked_at=None).exists():
        context |= _figures(chosen)
        context |= leavers_context(shown, timezone.localdate())
        context |= usage_context(shown, request.GET.get("period", ""), timezone.localdate())
    return render(request, "insights/dashboard.html", context)


def _figures(chosen: Connection | None) -> dict[str, object]:
    today = timezone.localdate()
    now = seats_now(chosen)
    weeks = comings_and_goings(chosen, today)
    history = seat_history(chosen, today)
    people_url = reverse("people") + (f"?connection={chosen.pk}&" if chosen else "?")
    four_weeks_ago = weeks.starts[-4].isoformat()
    return {
        "now": now,
        "people_url": people_url,
        "joined_url": f"{people_url}since_after={four_weeks_ago}",
        "left_url": f"{people_url}status=not_active&until_after={four_weeks_ago}",
        "workspaces": list(workspaces_with_counts(chosen)),
        "by_role": {
            "categories": [role.label for role in Role],
            "series": [
                {
                    "name": licence.label,
                    "values": [now.by_role_and_licence.get((role, licence), 0) for role in Role],
                    "color": COLOURS[licence],
                }
                for licence in COLOURS
            ],
            "stacked": True,
        },
        "over_time": {
            "categories": [f"{day:%-d %b %Y}" for day in history.days],
            "series": [
                {"name": licence.label, "values": history.by_licence[licence], "color": COLOURS[licence]}
                for licence in COLOURS
            ],
            "stacked": True,
        },
        "weeks": {
            "categories": [f"{start:%-d %b}" for start in weeks.starts],
            "series": [
                {"name": "Joined", "values": weeks.joined, "color": "blue"},
                {"name": "Left", "values": weeks.left, "color": "orange"},
            ],
        },
        "joined_lately": sum(filter(None, weeks.joined[-4:])),
        "left_lately": sum(filter(None, weeks.left[-4:])),
    }
