"""Audit log events as Asana would write them, put straight into the database."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec

from usher.activity.ingest.store import store_audit_events
from usher.activity.models import Coverage
from usher.asana import AuditLogEvent
from usher.roster.models import Workspace

numbers = count(1)
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def an_event(at: datetime = NOON, **fields: object) -> AuditLogEvent:
    """Ana signs in, in the browser, unless said otherwise. `actor`, `resource`, `context` are objects of Asana's."""
    record = {
        "gid": str(next(numbers)),
        "created_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "event_type": "user_login_succeeded",
        "event_category": "logins",
        "actor": {"actor_type": "user", "gid": "100", "name": "Ana Silva", "email": "ana@acme.example"},
        "resource": {"resource_type": "user", "gid": "100", "name": "Ana Silva", "email": "ana@acme.example"},
        "context": {"context_type": "web", "client_ip_address": "198.51.100.7"},
        "details": {},
    } | fields
    return AuditLogEvent.from_json(msgspec.Raw(json.dumps(record).encode()))


def user(gid: str, name: str = "") -> dict[str, object]:
    return {"actor_type": "user", "resource_type": "user", "gid": gid, "name": name}


def write(workspace: Workspace, *events: AuditLogEvent) -> list[str]:
    """Stores them; returns their gids."""
    from django.db import transaction

    with transaction.atomic():
        store_audit_events(workspace.connection_id, workspace.pk, events)
    return [event.gid for event in events]


def watched(workspace: Workspace, source: str, begins_at: datetime, ends_at: datetime | None = None) -> None:
    """The source was read without a gap; until an hour from now unless said otherwise."""
    ends_at = ends_at or datetime.now(UTC) + timedelta(hours=1)
    Coverage.objects.create(workspace=workspace, source=source, begins_at=begins_at, ends_at=ends_at)
