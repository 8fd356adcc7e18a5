"""Apps and tokens that a person gave access to their account, as the stored audit log shows them."""

from datetime import datetime

import msgspec
from django.db.models import Min

from usher.activity.events.search import read_event
from usher.activity.models import AuditEvent, Coverage, EvidenceSource
from usher.roster.models import Workspace

GIVEN = {"user_app_authorized": "user_app_revoked"}
GIVEN_TOKEN, REVOKED_TOKEN = "user_personal_access_token_authorized", "user_personal_access_token_revoked"
TOKEN_NAME = "A personal access token"  # noqa: S105  # in words
_TYPES = (*GIVEN, *GIVEN.values(), GIVEN_TOKEN, REVOKED_TOKEN)
_MOST_EVENTS = 500


class AuthorisedApp(msgspec.Struct, frozen=True):
    """`name` is empty where the audit log does not name the app."""

    name: str
    since: datetime


class AuthorisedApps(msgspec.Struct, frozen=True):
    """`known_since`: None if no audit log was ever read. What was authorised before that is not known."""

    known_since: datetime | None
    apps: list[AuthorisedApp]


def authorised_apps(connection_id: int, person_gid: str) -> AuthorisedApps:
    """Those that were not revoked since, the newest first."""
    workspaces = Workspace.objects.filter(connection=connection_id)
    audited = Coverage.objects.filter(workspace__in=workspaces, source=EvidenceSource.AUDIT)
    known_since = audited.aggregate(first=Min("begins_at"))["first"]
    if known_since is None:
        return AuthorisedApps(None, [])
    events = AuditEvent.objects.filter(
        connection_id=connection_id, actor_gid=person_gid, event_type__in=_TYPES
    ).order_by("-created_at")[:_MOST_EVENTS]
    latest: dict[str, AuthorisedApp | None] = {}
    for event in events:
        is_token = event.event_type in (GIVEN_TOKEN, REVOKED_TOKEN)
        name = TOKEN_NAME if is_token else _app_name(event)
        is_given = event.event_type in (*GIVEN, GIVEN_TOKEN)
        latest.setdefault(name, AuthorisedApp(name, event.created_at) if is_given else None)
    return AuthorisedApps(known_since, [app for app in latest.values() if app is not None])


def _app_name(stored: AuditEvent) -> str:
    event = read_event(stored)
    named = (event.details or {}).get("app_name")
    if isinstance(named, str) and named:
        return named
    return (event.context.oauth_app_name if event.context else None) or ""
