"""Usage, idle seats and coverage for programs and spreadsheets.

Times are in UTC (ISO 8601). Null means unknown, never zero.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import Q, QuerySet

from usher.activity.models import ListedMembership
from usher.activity.usage import rules
from usher.activity.usage.conditions import idle_seats
from usher.activity.usage.figures import (
    coverage,
    sources_by_workspace,
    usage,
    usage_of,
    window_of,
)
from usher.activity.usage.rules import Confidence, UsageWindow
from usher.connections.models import Connection
from usher.web.csv_export import iso

Record = dict[str, object]

USAGE_COLUMNS = (
    "connection",
    "gid",
    "email",
    "name",
    "workspace_gids",
    "active_days",
    "sessions",
    "usage_minutes",
    "average_usage_minutes",
    "last_used",
    "last_used_source",
    "automated_last_used",
    "confidence",
    "level",
)
IDLE_COLUMNS = (
    "connection",
    "gid",
    "email",
    "name",
    "workspace_gid",
    "workspace",
    "role",
    "since",
    "last_used",
    "last_used_source",
    "automated_last_used",
    "confidence",
)
COVERAGE_COLUMNS = ("connection", "workspace_gid", "workspace", "source", "from", "to", "gaps")


def usage_records(
    connection: Connection, days: int, until: date | None, people: Sequence[int] | None = None
) -> Iterator[Record]:
    """Of everybody by e-mail, or of people with these keys, in their order."""
    window = window_of(connection, days, until)
    for person in usage(connection, window) if people is None else usage_of(connection, window, people):
        average = person.average_usage_minutes
        yield {
            "connection": connection.name,
            "gid": person.gid,
            "email": person.email,
            "name": person.name,
            "workspace_gids": person.workspace_gids,
            "active_days": person.active_days,
            "sessions": person.sessions,
            "usage_minutes": person.usage_minutes,
            "average_usage_minutes": None if average is None else round(average, 1),
            "last_used": iso(person.last_used),
            "last_used_source": person.last_used_source,
            "automated_last_used": iso(person.automated_last_used),
            "confidence": person.confidence,
            "level": rules.level(person.active_days, person.confidence)
            if days == rules.WINDOW_DAYS
            else None,
        }


def idle_records(connection: Connection, days: int, grace_days: int) -> Iterator[Record]:
    """By e-mail."""
    window = window_of(connection, days)
    seats = idle_seats(connection, window, grace_days).order_by("person__email", "workspace__gid")
    return _idle_records(seats, connection, window)


def idle_records_behind(
    connection: Connection, days: int, grace_days: int, person: str, workspace: str, at_most: int
) -> Iterator[Record]:
    """The next of them by the gids of person and workspace."""
    window = window_of(connection, days)
    behind = Q(person__gid=person, workspace__gid__gt=workspace) | Q(person__gid__gt=person)
    seats = idle_seats(connection, window, grace_days).filter(behind)
    return _idle_records(seats.order_by("person__gid", "workspace__gid")[:at_most], connection, window)


def _idle_records(
    seats: QuerySet[ListedMembership], connection: Connection, window: UsageWindow
) -> Iterator[Record]:
    sources = sources_by_workspace(connection)
    for seat in seats:
        yield idle_record(seat, connection, rules.confidence(sources[seat.workspace_id], window))


def idle_record(seat: ListedMembership, connection: Connection, confidence: Confidence) -> Record:
    """One of `idle_seats`."""
    return {
        "connection": connection.name,
        "gid": seat.person.gid,
        "email": seat.person.email,
        "name": seat.person.name,
        "workspace_gid": seat.workspace.gid,
        "workspace": seat.workspace.name,
        "role": seat.role,
        "since": iso(seat.since),
        "last_used": iso(seat.last_used_at),
        "last_used_source": seat.last_used_source or None,
        "automated_last_used": iso(seat.last_automated_at),
        "confidence": confidence,
    }


def when_idleness_is_known(connection: Connection, days: int) -> Iterator[str]:
    """A sentence for each organization whose idle seats are not known yet: from which day they will be."""
    window = window_of(connection, days)
    sources = sources_by_workspace(connection)
    for workspace in connection.workspaces.filter(left_out="", is_organization=True):
        known = sources[workspace.pk]
        if rules.spans_window(known.observed, window):
            continue
        day = rules.not_known_before(known, window)
        when = f"not known before {day:%-d %B %Y}" if day else "unknown, because no source is read"
        yield f"{workspace.name}: seats idle for {days} days are {when}."


def coverage_records(connection: Connection) -> Iterator[Record]:
    for row in coverage(connection):
        yield {
            "connection": connection.name,
            "workspace_gid": row.workspace.gid,
            "workspace": row.workspace.name,
            "source": row.source,
            "from": iso(row.begins_at),
            "to": iso(row.ends_at),
            "gaps": [{"from": iso(gap.begins_at), "to": iso(gap.ends_at)} for gap in row.gaps],
        }
