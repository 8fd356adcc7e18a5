"""Events and entries as lines of JSON, as a destination wants them."""

from collections.abc import Iterable, Iterator

import msgspec

from usher.activity.events.search import read_event
from usher.activity.models import AuditEvent
from usher.activity.records.reading import json_of
from usher.asana import AuditLogEvent
from usher.ledger.models import Entry
from usher.roster.models import Workspace
from usher.streams.models import StreamDestination
from usher.streams.ocsf.asana_events import NOWHERE, Origin, ocsf_of_event
from usher.streams.ocsf.ledger_entries import ocsf_of_entry, record_of_entry
from usher.streams.sending.message import StreamMessage

_encoder = msgspec.json.Encoder()
RAW = StreamDestination.Form.RAW


class Origins:
    """Names of workspaces and connections, read once and remembered for a run."""

    def __init__(self) -> None:
        self._known: dict[int, Origin] = {}

    def of(self, workspace_id: int) -> Origin:
        origin = self._known.get(workspace_id)
        if origin is None:
            found = Workspace.objects.filter(pk=workspace_id).select_related("connection").first()
            origin = Origin(found.connection.name, found.gid, found.name) if found else NOWHERE
            self._known[workspace_id] = origin
        return origin


def event_messages(events: Iterable[AuditEvent], form: str, origins: Origins) -> Iterator[StreamMessage]:
    for event in events:
        record = json_of(event)
        if form == RAW:
            line = msgspec.json.format(record, indent=-1).encode()
        else:
            line = _encoder.encode(
                ocsf_of_event(_read(event, record), record, origins.of(event.workspace_id))
            )
        yield StreamMessage(event.gid, event.created_at, "asana", event.event_type, line)


def _read(event: AuditEvent, record: str) -> AuditLogEvent:
    try:
        return AuditLogEvent.from_json(msgspec.Raw(record.encode()))
    except msgspec.DecodeError:
        return read_event(event)


def entry_messages(entries: Iterable[Entry], form: str) -> Iterator[StreamMessage]:
    for entry in entries:
        record = record_of_entry(entry)
        line = record.encode() if form == RAW else _encoder.encode(ocsf_of_entry(entry, record))
        yield StreamMessage(entry.hash, entry.at, "usher", entry.action, line)
