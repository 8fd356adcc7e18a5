"""Events of Asana: the audit log, and the event stream of a workspace."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from usher.asana.records import Record, UserRef, in_utc


class AuditActor(msgspec.Struct, frozen=True):
    """Who did it. gid, name and email exist only for `actor_type` `user`."""

    actor_type: str | None = None
    gid: str | None = None
    name: str | None = None
    email: str | None = None


class Resource(msgspec.Struct, frozen=True):
    """What it was done to."""

    resource_type: str | None = None
    resource_subtype: str | None = None
    gid: str | None = None
    name: str | None = None
    email: str | None = None


class Context(msgspec.Struct, frozen=True):
    """Where it was done from."""

    context_type: str | None = None
    api_authentication_method: str | None = None
    client_ip_address: str | None = None
    user_agent: str | None = None
    oauth_app_name: str | None = None
    rule_name: str | None = None
    on_behalf_of_user_id: int | str | None = None  # a number in Asana's description, unlike every other id


class AuditLogEvent(Record, frozen=True):
    """`raw` is the complete JSON from Asana, with fields that this struct does not have."""

    created_at: datetime
    event_type: str | None = None
    event_category: str | None = None
    actor: AuditActor | None = None
    resource: Resource | None = None
    details: Mapping[str, object] | None = None
    context: Context | None = None
    raw: str = msgspec.field(name="/raw", default="")  # a name that does not occur in Asana's JSON

    def __post_init__(self) -> None:
        in_utc(self, self.created_at)

    @classmethod
    def from_json(cls, raw: msgspec.Raw) -> "AuditLogEvent":
        """Leaves out what does not have the documented shape, field by field; `raw` has it. Ids may be numbers.

        Raises msgspec.DecodeError for JSON without a gid or a time, which cannot be an event.
        """
        try:
            event = _event.decode(raw)
        except msgspec.DecodeError:
            event = cls(**_readable_parts(raw))
        msgspec.structs.force_setattr(event, "raw", bytes(raw).decode())
        return event


_event = msgspec.json.Decoder(AuditLogEvent)
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _readable_parts(raw: msgspec.Raw) -> dict[str, Any]:
    given = _parts.decode(raw)
    parts = {}
    for field in msgspec.structs.fields(AuditLogEvent):
        if field.encode_name not in given:
            continue
        value = given[field.encode_name]
        try:
            parts[field.name] = msgspec.json.decode(value, type=field.type)
        except msgspec.DecodeError:
            if field.name in _STRUCTS:
                parts[field.name] = _readable_fields(_STRUCTS[field.name], msgspec.json.decode(value))
            elif field.name == "gid" and (gid := _text(msgspec.json.decode(value))):
                parts["gid"] = gid
            elif field.required:
                raise
    missing = {"gid", "created_at"} - parts.keys()
    if missing:
        raise msgspec.ValidationError(f"an event without {' and '.join(sorted(missing))}")
    return parts


_STRUCTS: dict[str, type[msgspec.Struct]] = {"actor": AuditActor, "resource": Resource, "context": Context}


def _readable_fields(kind: type[msgspec.Struct], given: object) -> msgspec.Struct | None:
    """The fields that are text, with numbers as text; None if it is no object at all."""
    if not isinstance(given, dict):
        return None
    return kind(**{field.name: _text(given.get(field.encode_name)) for field in msgspec.structs.fields(kind)})


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


class WorkspaceEvent(msgspec.Struct, frozen=True):
    """One change in the event stream of a workspace. `user` is missing when Asana itself acted."""

    created_at: datetime
    user: UserRef | None = None
    resource: "StreamResource | None" = None
    action: str | None = None

    def __post_init__(self) -> None:
        in_utc(self, self.created_at)


class StreamResource(msgspec.Struct, frozen=True):
    """What was changed. Only its kind, because Usher stores nothing else."""

    resource_type: str | None = None


class StreamPage(msgspec.Struct, frozen=True):
    """Events since a sync token, and the next token."""

    data: list[WorkspaceEvent]
    sync: str
    has_more: bool = False


class RawStreamPage(msgspec.Struct, frozen=True):
    """A stream page whose events are not decoded yet."""

    data: list[msgspec.Raw]
    sync: str
    has_more: bool = False
