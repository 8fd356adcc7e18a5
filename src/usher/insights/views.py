"""The dashboard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.connections.models import Connection, State
from usher.insights.seats import comings_and_goings, seat_history, seats_now, workspaces_with_counts
from usher.roster.models import Licence, Role

COLOURS = {Licence.MEMBER: "blue", Licence.VIEW_ONLY: "teal", Licence.GUEST: "orange"}


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """Over all connections, or over one (`?connection=`)."""
    connections = list(Connection.objects.all())
    asked = request.GET.get("connection", "")
    chosen = next((connection for connection in connections if str(connection.pk) == asked), None)
    context: dict[str, object] = {"connections": connections, "chosen": chosen}
    if any(connection.last_synced_at for connection in connections):
        context |= _figures(chosen)
    context["troubled"] = [
        connection
        for connection in connections
        if connection.is_connected and connection.state == State.ATTENTION
    ]
    context["syncing"] = [connection for connection in connections if connection.open_run()]
    return render(request, "insights/dashboard.html", context)


def _figures(chosen: Connection | None) -> dict[str, object]:
    today = timezone.localdate()
    now = seats_now(chosen)
    weeks = comings_and_goings(chosen, today)
    history = seat_history(chosen, today)
    return {
        "now": now,
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
