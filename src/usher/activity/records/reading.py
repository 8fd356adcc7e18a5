"""The record of a stored event, however it is stored."""

from functools import lru_cache

import msgspec

from usher.activity.models import AuditEvent, RecordDictionary
from usher.activity.records.compression import decompress, dictionary_of
from usher.web.csv_export import iso

REMEMBERED_DICTIONARIES = 128
"""Up to 32 kB each."""


def record_of(event: AuditEvent) -> str | None:
    """The JSON of the event as Asana sent it, byte for byte; None if it was dropped."""
    if event.raw:
        return event.raw
    if is_dropped(event):
        return None
    packed = bytes(event.packed)
    checksum = dictionary_of(packed)
    dictionary = b"" if checksum is None else _dictionary(event.connection_id, checksum)
    return decompress(packed, dictionary)


def is_dropped(event: AuditEvent) -> bool:
    return not event.raw and not event.packed


@lru_cache(REMEMBERED_DICTIONARIES)
def _dictionary(connection_id: int, checksum: int) -> bytes:
    """Never changes. Whoever asks has read an event of this connection, so a scope does not matter."""
    return bytes(RecordDictionary.objects.get(connection=connection_id, checksum=checksum).content)


def json_of(event: AuditEvent) -> str:
    """The record; for one that was dropped, what is stored of it, in Asana's form and marked as such."""
    record = record_of(event)
    if record is not None:
        return record
    actor = {"actor_type": event.actor_type, "gid": event.actor_gid}
    resource = {"resource_type": event.resource_type, "gid": event.resource_gid}
    context = {"context_type": event.context_type, "client_ip_address": event.ip_address}
    stored = {
        "gid": event.gid,
        "created_at": iso(event.created_at),
        "event_type": event.event_type,
        "event_category": event.category,
        "actor": _known(actor),
        "resource": _known(resource),
        "context": _known(context),
        "usher_record": "dropped",
    }
    return msgspec.json.encode({name: value for name, value in stored.items() if value}).decode()


def _known(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
