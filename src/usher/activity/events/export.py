"""Audit log events for programs and spreadsheets. Times are in UTC (ISO 8601)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from usher.activity.events.names import names_for
from usher.activity.events.search import EventSearch, Position, read_event
from usher.activity.events.sentences import sentence
from usher.activity.models import AuditEvent, Use
from usher.activity.records.reading import is_dropped, json_of
from usher.asana import AuditActor, AuditLogEvent, Resource
from usher.roster.models import Workspace
from usher.web.csv_export import csv_lines, iso

Record = dict[str, object]
AT_ONCE = 500
"""Events whose people are looked up together."""

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
    "record",
)


def event_rows(search: EventSearch, *, newest_first: bool = False) -> Iterator[Record]:
    """Streamed in constant memory. `what` says in plain English what happened."""
    return rows_of(search, search.walk(newest_first=newest_first))


def rows_of(search: EventSearch, events: Iterable[AuditEvent]) -> Iterator[Record]:
    """Some events that a search has found."""
    workspaces = Workspace.objects.filter(connection__in=search.connections).select_related("connection")
    workspace_by_id = {workspace.pk: workspace for workspace in workspaces}
    for event, asana_event, names in _with_names(iter(events)):
        actor, resource = asana_event.actor or AuditActor(), asana_event.resource or Resource()
        workspace = workspace_by_id.get(event.workspace_id)
        yield {
            "created_at": iso(event.created_at),
            "what": sentence(asana_event, names),
            "event_type": event.event_type,
            "category": event.category,
            "actor_type": event.actor_type,
            "actor_gid": event.actor_gid,
            "actor_name": actor.name or names.get(event.actor_gid),
            "actor_email": actor.email,
            "resource_type": event.resource_type,
            "resource_gid": event.resource_gid,
            "resource_name": resource.name or names.get(event.resource_gid),
            "context_type": event.context_type,
            "ip_address": event.ip_address,
            "use": Use(event.use).name.lower(),
            "connection": workspace.connection.name if workspace else None,
            "workspace_gid": workspace.gid if workspace else None,
            "workspace": workspace.name if workspace else None,
            "gid": event.gid,
            "record": "dropped" if is_dropped(event) else "complete",
        }


def _with_names(
    events: Iterator[AuditEvent],
) -> Iterator[tuple[AuditEvent, AuditLogEvent, Mapping[str, str]]]:
    """Each event as Asana sent it, with the names of people whom it does not name."""
    while some := list(islice(events, AT_ONCE)):
        read = [read_event(event) for event in some]
        names = names_for((event.connection_id, one) for event, one in zip(some, read, strict=True))
        for event, asana_event in zip(some, read, strict=True):
            yield event, asana_event, names[event.connection_id]


def raw_events(
    search: EventSearch, *, newest_first: bool = False, beyond: Position | None = None
) -> Iterator[str]:
    """Each event as Asana sent it, or those beyond a position, streamed in constant memory.

    Of one whose record was dropped, what is stored, with `"usher_record": "dropped"`.
    """
    return (json_of(event) for event in search.walk(newest_first=newest_first, beyond=beyond))


def event_csv(search: EventSearch) -> Iterator[str]:
    """The lines of a CSV file, newest event first."""
    return csv_lines(EVENT_COLUMNS, event_rows(search, newest_first=True))


def event_json_lines(search: EventSearch) -> Iterator[str]:
    """One event a line, as Asana sent it, newest first."""
    return (f"{msgspec.json.format(raw, indent=-1)}\n" for raw in raw_events(search, newest_first=True))
