"""Figures of use for programs and spreadsheets. Times are UTC (ISO 8601); null is unknown, never zero."""

from collections.abc import Iterator
from datetime import date

import msgspec

from usher.activity.events.search import EventSearch, read_event
from usher.activity.events.sentences import sentence
from usher.activity.models import Use
from usher.activity.usage import rules
from usher.activity.usage.figures import (
    coverage,
    idle_seats,
    sources_by_workspace,
    usage,
    window_of,
)
from usher.asana import Actor, Resource
from usher.connections.models import Connection
from usher.roster.models import Workspace
from usher.web.csv_export import csv_lines, iso

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
EVENT_COLUMNS = (
    "created_at",
    "what",
    "event_type",
    "category",
    "actor_type",
    "actor_gid",
    "actor_name",
    "actor_email",
    "resource_type",
    "resource_gid",
    "resource_name",
    "context_type",
    "ip_address",
    "use",
    "connection",
    "workspace_gid",
    "workspace",
    "gid",
)


def usage_records(connection: Connection, days: int, until: date | None) -> Iterator[Record]:
    for person in usage(connection, window_of(connection, days, until)):
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
            "level": rules.level(person.active_days, person.confidence) if days == 30 else None,
        }


def idle_records(connection: Connection, days: int, grace_days: int) -> Iterator[Record]:
    window = window_of(connection, days)
    sources = sources_by_workspace(connection)
    for seat in idle_seats(connection, window, grace_days).order_by("person__email", "workspace__gid"):
        yield {
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
            "confidence": rules.confidence(sources[seat.workspace_id], window),
        }


def not_known_yet(connection: Connection, days: int) -> Iterator[str]:
    """A sentence for every workspace where idleness cannot be told yet, and when it will be."""
    window = window_of(connection, days)
    sources = sources_by_workspace(connection)
    for workspace in connection.workspaces.filter(left_out="", is_organization=True):
        known = sources[workspace.pk]
        if rules.spans_window(known.observed, window):
            continue
        day = rules.not_known_before(known, window)
        when = f"not known before {day:%-d %B %Y}" if day else "not known: its use is not read"
        yield f"{workspace.name}: who was idle for {days} days is {when}."


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


def event_rows(search: EventSearch, *, newest_first: bool = False) -> Iterator[Record]:
    """In constant memory. `what` says in plain words what happened."""
    workspaces = Workspace.objects.filter(connection__in=search.connections).select_related("connection")
    places = {workspace.pk: workspace for workspace in workspaces}
    for event in search.walk(newest_first=newest_first):
        told = read_event(event)
        actor, resource = told.actor or Actor(), told.resource or Resource()
        place = places.get(event.workspace_id)
        yield {
            "created_at": iso(event.created_at),
            "what": sentence(told),
            "event_type": event.event_type,
            "category": event.category,
            "actor_type": event.actor_type,
            "actor_gid": event.actor_gid,
            "actor_name": actor.name,
            "actor_email": actor.email,
            "resource_type": event.resource_type,
            "resource_gid": event.resource_gid,
            "resource_name": resource.name,
            "context_type": event.context_type,
            "ip_address": event.ip_address,
            "use": Use(event.use).name.lower(),
            "connection": place.connection.name if place else None,
            "workspace_gid": place.gid if place else None,
            "workspace": place.name if place else None,
            "gid": event.gid,
        }


def raw_events(search: EventSearch, *, newest_first: bool = False) -> Iterator[str]:
    """Each as Asana sent it, in constant memory."""
    return (event.raw for event in search.walk(newest_first=newest_first))


def event_csv(search: EventSearch) -> Iterator[str]:
    """Lines of a CSV that spreadsheets read, newest first."""
    return csv_lines(EVENT_COLUMNS, event_rows(search, newest_first=True))


def event_json_lines(search: EventSearch) -> Iterator[str]:
    """One event a line as Asana sent it, newest first."""
    return (f"{msgspec.json.format(raw, indent=-1)}\n" for raw in raw_events(search, newest_first=True))
