"""explain_figure: a figure of the dashboard or of one person, with its source, coverage and arithmetic."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from usher.activity.people.summary import PersonActivity, activity_of
from usher.activity.usage import rules
from usher.activity.usage.counting import count_memberships
from usher.activity.usage.rules import Confidence, Level
from usher.assistants.answers import (
    MOST_ROWS,
    Answered,
    ConnectionName,
    NameInAsana,
    Text,
    ToolAnswer,
    connection_uri,
    person_uri,
)
from usher.assistants.caller import Caller
from usher.assistants.lookup import connections_meant, person_meant
from usher.assistants.tools.idle import SourceCoverage, coverage_of
from usher.assistants.tools.meanings import MEANINGS, OF_PEOPLE
from usher.connections.models import Connection
from usher.insights.arrivals import seat_arrivals
from usher.insights.seats import SeatsNow, seats_now
from usher.insights.usage import UsageNow, usage_now
from usher.refusals import Refused

FigureName = Literal[
    "active_people",
    "seats",
    "admins",
    "guests",
    "view_only",
    "not_active",
    "idle_seats",
    "never_came",
    "usage_data_available",
    "usage_level",
    "persons_active_days",
    "persons_usage_time",
    "persons_average_usage_time",
    "persons_last_used",
    "persons_usage_level",
]


class CannotExplain(Refused):
    """A figure was asked for without what it is about."""


class Addend(ToolAnswer):
    """What goes into a figure. `from_asana`: the name of a workspace, if it is one."""

    what: str
    value: int | float | None
    from_asana: str = ""


class FigureExplained(Answered):
    """`value` is null where it is unknown, and `unknown_because` says why. Times are in UTC."""

    figure: str
    about: str
    value: int | float | str | None
    unit: str
    unknown_because: str
    meaning: str
    source: str
    arithmetic: str
    addends: list[Addend]
    confidence: str
    read_until: datetime | None = Field(description="When the people list was last read completely.")
    coverage: list[SourceCoverage]
    more_coverage: str
    from_asana: NameInAsana | None = None


def explain_figure(
    caller: Caller,
    figure: FigureName,
    *,
    connection: ConnectionName = "",
    person: Text = "",
    days: Annotated[Literal[30, 60, 90], Field(description="Of idle_seats.")] = 90,
) -> FigureExplained:
    """A figure of the dashboard or of one person: its value, where it comes from, which time is covered, and the sum.

    Figures that begin with `persons_` need `person`: e-mail address, gid or usher:// address.
    """
    if figure in OF_PEOPLE:
        if not person.strip():
            raise CannotExplain(f"{figure} is about one person, and none was given.", "Give `person`.")
        return _of_person(figure, person, connection)
    connections = connections_meant(connection)
    counted = count_memberships(connections)
    now, use = seats_now(counted), usage_now(counted)
    value: int | float | str | None
    because = ""
    confidence = "The people list is complete as of the last sync; it does not depend on usage data."
    match figure:
        case "active_people":
            value = now.people
            addends = [Addend(what=connection_uri(c.connection.pk), value=c.counted.people) for c in counted]
        case "seats" | "admins" | "guests" | "view_only" | "not_active":
            value = getattr(now, figure)
            addends = _by_workspace(now, figure)
        case "idle_seats":
            value = use.idle(days)
            addends = _idle(use, days)
            because = "" if value is not None else _not_known(use, days)
            confidence = _shares(use)
        case "never_came":
            arrived = seat_arrivals(counted)
            value, confidence = arrived.never_came, arrived.how_sure
            because = "" if value is not None else "No source tells of anybody whether they ever came."
            addends = [
                Addend(what="surely never came", value=arrived.never),
                Addend(what="probably never came", value=arrived.probably_never),
                Addend(what="came", value=arrived.came),
                Addend(what="unknown, not counted", value=arrived.unknown),
            ]
        case "usage_data_available":
            value = None if use.known_share is None else round(use.known_share, 1)
            because = "" if value is not None else "There is no active membership."
            addends = _confidences(use)
            confidence = _shares(use)
        case _:
            value = str(use.median_level.value)
            because = "" if use.median_level != Level.UNKNOWN else "The level of nobody is known."
            addends = [
                Addend(what=f"{level.value} memberships", value=n) for level, n in use.by_level.items()
            ]
            confidence = _shares(use)
    return _explained(
        figure,
        "all connections that you see" if len(connections) != 1 else connection_uri(connections[0].pk),
        value,
        because,
        addends,
        confidence,
        connections,
    )


def _explained(
    figure: str,
    about: str,
    value: int | float | str | None,
    because: str,
    addends: list[Addend],
    confidence: str,
    connections: Sequence[Connection],
    names: NameInAsana | None = None,
) -> FigureExplained:
    meant = MEANINGS[figure]
    covered = coverage_of(connections)
    synced = [one.last_synced_at for one in connections]
    return FigureExplained(
        figure=figure,
        about=about,
        value=value,
        unit=meant.unit,
        unknown_because=because,
        meaning=meant.meaning,
        source=meant.source,
        arithmetic=meant.arithmetic,
        addends=addends[:MOST_ROWS],
        confidence=confidence,
        read_until=min((at for at in synced if at), default=None) if all(synced) else None,
        coverage=covered,
        more_coverage="Only the first are shown." if len(covered) == MOST_ROWS else "",
        from_asana=names,
    )


def _by_workspace(now: SeatsNow, figure: str) -> list[Addend]:
    rows = [
        Addend(
            what=f"workspace {one.workspace.gid}", value=getattr(one, figure), from_asana=one.workspace.name
        )
        for one in now.workspaces
    ]
    if len(rows) <= MOST_ROWS:
        return rows
    others = sum(int(row.value or 0) for row in rows[MOST_ROWS - 1 :])
    return [
        *rows[: MOST_ROWS - 1],
        Addend(what=f"{len(rows) - MOST_ROWS + 1:,} more workspaces", value=others),
    ]


def _idle(use: UsageNow, days: int) -> list[Addend]:
    by_role: dict[str, int] = {}
    for (role, length), people in use.idle_seats.items():
        if length >= days:
            by_role[role.value] = by_role.get(role.value, 0) + people
    return [Addend(what=f"seats of {role}s", value=people) for role, people in sorted(by_role.items())]


def _not_known(use: UsageNow, days: int) -> str:
    known_from = use.idle_known_from.get(days)
    if known_from:
        return f"Not known before {known_from:%-d %B %Y}: until then the sources do not cover {days} days."
    return f"No source covers {days} days in any workspace."


def _confidences(use: UsageNow) -> list[Addend]:
    return [Addend(what=f"confidence {key.value}", value=use.by_confidence[key]) for key in Confidence]


def _shares(use: UsageNow) -> str:
    counts = ", ".join(f"{key.value}: {use.by_confidence[key]:,}" for key in Confidence)
    return f"Active memberships by how far their usage is known: {counts}."


def _of_person(figure: str, text: str, connection: str) -> FigureExplained:
    found = person_meant(text, connection)
    activity = activity_of(found)
    value, because = _value_of(figure, activity)
    minutes = round(activity.usage.total_seconds() / 60, 1)
    addends = [
        Addend(what=what, value=value if value or activity.is_observed else None)
        for what, value in (
            (f"active days in the last {rules.WINDOW_DAYS} days", activity.active_days),
            ("sessions", activity.sessions),
            ("minutes of usage, estimated", minutes),
        )
    ]
    addends += [Addend(what=f"source: {one}", value=None) for one in [activity.source] if one]
    return _explained(
        figure,
        person_uri(found.pk),
        value,
        because,
        addends,
        f"{activity.confidence.title}: {activity.confidence.sentence}",
        [found.connection],
        NameInAsana(name=found.name, email=found.email),
    )


def _value_of(figure: str, activity: PersonActivity) -> tuple[int | float | str | None, str]:
    """Nothing is zero that was not observed."""
    unseen = "" if activity.is_observed else "No source covers the whole window; more may have happened."
    match figure:
        case "persons_last_used":
            at = activity.last_used_at or activity.last_used_on
            return (at.isoformat() if at else None), ("" if at else f"Last use: {activity.last_use.value}.")
        case "persons_usage_level":
            trust = Confidence.HIGH if activity.is_observed else Confidence.NONE
            return rules.level(activity.active_days, trust).value, unseen
        case "persons_active_days":
            value: float = activity.active_days
        case "persons_usage_time":
            value = round(activity.usage.total_seconds() / 60, 1)
        case _:
            average = activity.average_usage
            return (
                (None, "There is no active day.")
                if average is None
                else (average.total_seconds() / 60, unseen)
            )
    return (value if value or activity.is_observed else None), unseen
