"""People and seats on the dashboard: figures, charts and the links behind them."""

from collections.abc import Sequence
from datetime import date

from django.urls import reverse

from usher.activity.usage.cells import ConnectionCells
from usher.connections.models import Connection
from usher.insights.arrivals import seat_arrivals
from usher.insights.seats import joined_and_left, seat_history, seats_now, watched
from usher.insights.workspace_rows import workspace_rows
from usher.roster.models import Licence, Role

COLOURS = {Licence.MEMBER: "blue", Licence.VIEW_ONLY: "teal", Licence.GUEST: "orange"}
RECENT_WEEKS = 4
WORKSPACES_SHOWN = 50
"""The largest ones. A single connection seldom has more."""


def seats_context(
    chosen: Connection | None, counted: Sequence[ConnectionCells], today: date, *, with_connection: bool
) -> dict[str, object]:
    """`with_connection`: whether workspaces name theirs."""
    now = seats_now(counted)
    arrivals = seat_arrivals(counted)
    among = watched(chosen)
    weeks = joined_and_left(chosen, today, among)
    history = seat_history(chosen, today, among)
    people_url = reverse("people") + (f"?connection={chosen.pk}&" if chosen else "?")
    workspaces = [
        (one, arrivals.never_came_by_workspace[one.workspace.pk]) for one in now.workspaces[:WORKSPACES_SHOWN]
    ]
    recently = weeks.starts[-RECENT_WEEKS].isoformat()
    return {
        "now": now,
        "people_url": people_url,
        "joined_url": f"{people_url}since_after={recently}",
        "left_url": f"{people_url}status=not_active&until_after={recently}",
        "joined_recently": sum(filter(None, weeks.joined[-RECENT_WEEKS:])),
        "left_recently": sum(filter(None, weeks.left[-RECENT_WEEKS:])),
        "arrivals": arrivals,
        "workspaces": workspaces,
        "workspace_rows": workspace_rows(workspaces, with_connection=with_connection),
        "by_role": {
            "categories": [role.label for role in Role],
            "series": [
                {
                    "name": licence.label,
                    "values": [now.by_role_and_licence.get((role, licence), 0) for role in Role],
                    "color": colour,
                }
                for licence, colour in COLOURS.items()
            ],
            "stacked": True,
        },
        "over_time": {
            "categories": [f"{day:%-d %b %Y}" for day in history.days],
            "series": [
                {"name": licence.label, "values": history.by_licence[licence], "color": colour}
                for licence, colour in COLOURS.items()
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
    }
