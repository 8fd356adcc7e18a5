"""Audit log events for programs and spreadsheets. Times are in UTC (ISO 8601)."""

from collections.abc import Iterator

import msgspec

from usher.activity.events.search import EventSearch, read_event
from usher.activity.events.sentences import sentence
from usher.activity.models import Use
from usher.asana import AuditActor, Resource
from usher.roster.models import Workspace
from usher.web.csv_export import csv_lines, iso

Record = dict[str, object]

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


def event_rows(search: EventSearch, *, newest_first: bool = False) -> Iterator[Record]:
    """Streamed in constant memory. `what` says in plain English what happened."""
    workspaces = Workspace.objects.filter(connection__in=search.connections).select_related("connection")
    workspace_by_id = {workspace.pk: workspace for workspace in workspaces}
    for event in search.walk(newest_first=newest_first):
        asana_event = read_event(event)
        actor, resource = asana_event.actor or AuditActor(), asana_event.resource or Resource()
        workspace = workspace_by_id.get(event.workspace_id)
        yield {
            "created_at": iso(event.created_at),
            "what": sentence(asana_event),
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
            "connection": workspace.connection.name if workspace else None,
            "workspace_gid": workspace.gid if workspace else None,
            "workspace": workspace.name if workspace else None,
            "gid": event.gid,
        }


def raw_events(search: EventSearch, *, newest_first: bool = False) -> Iterator[str]:
    """Each event as Asana sent it, streamed in constant memory."""
    return (event.raw for event in search.walk(newest_first=newest_first))


def event_csv(search: EventSearch) -> Iterator[str]:
    """The lines of a CSV file, newest event first."""
    return csv_lines(EVENT_COLUMNS, event_rows(search, newest_first=True))


def event_json_lines(search: EventSearch) -> Iterator[str]:
    """One event a line, as Asana sent it, newest first."""
    return (f"{msgspec.json.format(raw, indent=-1)}\n" for raw in raw_events(search, newest_first=True))
