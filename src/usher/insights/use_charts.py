"""The dashboard's part on usage: figures as charts and cards."""

from datetime import date

from usher.activity.judge import Confidence, Level
from usher.connections.models import Connection
from usher.insights.use import IDLE_LENGTHS, LAST_USE_LABELS, UseNow, use_by_period, use_now
from usher.roster.models import Role
from usher.web.words import word

PERIODS = {"day": "Day", "week": "Week", "month": "Month"}

LEVELS = {
    Level.CORE: "active on more than 15 of the last 30 days",
    Level.REGULAR: "active on 6 to 15 of the last 30 days",
    Level.OCCASIONAL: "active on 1 to 5 of the last 30 days",
    Level.IDLE: "watched, and not seen in the last 30 days",
    Level.UNKNOWN: "not watched by any source",
}

CONFIDENCES = {
    Confidence.HIGH: "Workspace events: everyday work is seen",
    Confidence.MEDIUM: "Audit log only: everyday work is unseen",
    Confidence.CONSOLE: "Admin Console: as of the export's day",
    Confidence.NONE: "Unknown",
}


def use_context(connections: list[Connection], period: str, today: date) -> dict[str, object]:
    """What the template shows. `has_use` tells whether there is anything to show at all."""
    now = use_now(connections)
    if now.by_confidence[Confidence.NONE] == now.people:
        return {"has_use": False, "lacks_service_token": not any(c.has_service_token for c in connections)}
    period = period if period in PERIODS else "day"
    periods = use_by_period(connections, period, today)
    months = use_by_period(connections, "month", today)
    labels = [_label(period, start) for start in periods.starts]
    return {
        "has_use": True,
        "use": now,
        "account_level": word("level", now.level).text,
        "known_share": None if now.known_share is None else f"{now.known_share:.0f} %",
        "period": period,
        "periods": PERIODS.items(),
        "active_people": {
            "categories": labels,
            "series": [
                {"name": "Active people", "values": periods.people, "color": "blue"},
                {"name": "Seats now", "values": [now.seats] * len(labels), "color": "grey"},
            ],
        },
        "days_by_month": {
            "categories": [_label("month", start) for start in months.starts],
            "series": [{"name": "Days of use a person", "values": months.average_days, "color": "teal"}],
        },
        "minutes_by_month": {
            "categories": [_label("month", start) for start in months.starts],
            "series": [{"name": "Minutes a day of use", "values": months.average_minutes, "color": "purple"}],
            "unit": "min",
        },
        "levels": {
            "categories": [word("level", level).text for level in Level],
            "series": [
                {"name": "People", "values": [now.by_level[level] for level in Level], "color": "blue"}
            ],
        },
        "level_words": [(level, LEVELS[level], now.by_level[level]) for level in Level],
        "last_use": {
            "categories": list(LAST_USE_LABELS.values()),
            "series": [
                {
                    "name": "People",
                    "values": [now.by_last_use[key] for key in LAST_USE_LABELS],
                    "color": "teal",
                }
            ],
        },
        "idle_rows": [(days, now.idle(days)) for days in IDLE_LENGTHS],
        "idle": _idle_chart(now),
        "confidence_rows": [
            (CONFIDENCES[trust], count) for trust, count in now.by_confidence.items() if count
        ],
    }


def _idle_chart(now: UseNow) -> dict[str, object]:
    names = {30: "30–59 days", 60: "60–89 days", 90: "90 days or more"}
    roles = [Role.ADMIN, Role.MEMBER]
    return {
        "categories": [names[days] for days in IDLE_LENGTHS],
        "series": [
            {
                "name": role.label,
                "values": [
                    now.idle_seats[role, days] if days in now.idle_is_known else None for days in IDLE_LENGTHS
                ],
                "color": "orange" if role == Role.ADMIN else "blue",
            }
            for role in roles
        ],
        "stacked": True,
    }


def _label(period: str, start: date) -> str:
    return f"{start:%b %Y}" if period == "month" else f"{start:%-d %b}"
