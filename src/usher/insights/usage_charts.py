"""Usage on the dashboard: figures as charts and cards."""

from collections.abc import Sequence
from datetime import date

import msgspec

from usher.activity.usage.cells import IDLE_LENGTHS, ConnectionCells
from usher.activity.usage.rules import Confidence, Level
from usher.connections.models import Connection
from usher.insights.usage import LAST_USE_LABELS, Periods, UsageNow, usage_by_period, usage_now
from usher.roster.models import Role
from usher.web.badges import Badge, badge_of

PERIODS = {"day": "Day", "week": "Week", "month": "Month"}
FEWEST_PERIODS = 6
"""A chart shows at least so many periods, even without figures."""

LEVELS = {
    Level.CORE: "more than 15 active days",
    Level.REGULAR: "6 to 15 active days",
    Level.OCCASIONAL: "1 to 5 active days",
    Level.IDLE: "no active day",
    Level.UNKNOWN: "no source has data",
}

CONFIDENCES = {
    Confidence.HIGH: "Event stream: shows everyday work",
    Confidence.MEDIUM: "Audit log only: doesn't show everyday work",
    Confidence.CONSOLE: "Admin Console only, as of the day of the export",
    Confidence.NONE: "No data: unknown",
}


class Proportion(msgspec.Struct, frozen=True):
    """One part of a whole: its label, what that means, and how many there are."""

    word: Badge
    meaning: str
    count: int
    whole: int

    @property
    def percent(self) -> str:
        share = 100 * self.count / self.whole if self.whole else 0
        return f"{share:.0f} %" if share >= 1 or not self.count else "< 1 %"


def usage_context(
    chosen: Connection | None, counted: Sequence[ConnectionCells], period: str, today: date
) -> dict[str, object]:
    """What the template shows. `has_usage`: whether any usage is known. `chosen`: the only connection counted."""
    connections = [of_connection.connection for of_connection in counted]
    lacks_token = [c for c in connections if c.is_connected and not c.has_service_token]
    now = usage_now(counted)
    context: dict[str, object] = {
        "has_usage": now.by_confidence[Confidence.NONE] < now.people,
        "without_token": lacks_token,
        "lacks_service_token": not any(connection.has_service_token for connection in connections),
    }
    if not context["has_usage"]:
        return context
    context |= {
        "usage": now,
        "known_share": None if now.known_share is None else f"{now.known_share:.0f} %",
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
        "confidences": [
            Proportion(badge_of("confidence", trust), CONFIDENCES[trust], count, now.people)
            for trust, count in now.by_confidence.items()
            if count
        ],
    }
    return context | _observed(chosen, now, period, today) if now.is_observed else context


def _observed(chosen: Connection | None, now: UsageNow, period: str, today: date) -> dict[str, object]:
    """What only the audit log and the event stream show."""
    period = period if period in PERIODS else "day"
    by_period = usage_by_period(chosen, {period, "month"}, today)
    periods = _since_figures_begin(by_period[period])
    months = _since_figures_begin(by_period["month"])
    labels = [_label(period, start) for start in periods.starts]
    month_labels = [_label("month", start) for start in months.starts]
    return {
        "median_level": badge_of("level", now.median_level),
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
            "categories": month_labels,
            "series": [
                {"name": "Active days for each person", "values": months.average_days, "color": "teal"}
            ],
        },
        "minutes_by_month": {
            "categories": month_labels,
            "series": [
                {"name": "Minutes for each active day", "values": months.average_minutes, "color": "purple"}
            ],
            "unit": "min",
        },
        "levels": [
            Proportion(badge_of("level", level), LEVELS[level], now.by_level[level], now.people)
            for level in Level
        ],
        "idle_stats": [(str(days), now.idle(days), _idle_words(now, days)) for days in (90, 30)],
        "idle": _idle_chart(now),
        "idle_words": _idle_words(now, min(IDLE_LENGTHS)),
    }


def _idle_words(now: UsageNow, days: int) -> str:
    if days in now.idle_is_known:
        return f"of {now.seats:,} seats"
    day = now.idle_known_from.get(days)
    return f"not known before {day:%-d %b %Y}" if day else "unknown, because no source is read"


def _idle_chart(now: UsageNow) -> dict[str, object]:
    names = {30: "30–59 days", 60: "60–89 days", 90: "90 days and more"}
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


def _since_figures_begin(periods: Periods) -> Periods:
    """Without the empty periods before the first figure."""
    known = [position for position, people in enumerate(periods.people) if people is not None]
    first = min(known[0] if known else 0, max(0, len(periods.starts) - FEWEST_PERIODS))
    return Periods(
        periods.starts[first:],
        periods.people[first:],
        periods.average_days[first:],
        periods.average_minutes[first:],
    )


def _label(period: str, start: date) -> str:
    return f"{start:%b %Y}" if period == "month" else f"{start:%-d %b %Y}"
