"""An audit log event as JSON."""

from __future__ import annotations

from usher.sandbox.audit_log.event_types import (
    CONTEXTS,
    DESKTOP,
    EVENT_TYPES,
    LOGIN,
    LOGIN_FAILED,
    MOBILE,
    OF_APPS,
)
from usher.sandbox.audit_log.log import PLACES, Event
from usher.sandbox.audit_log.resources import resource_record
from usher.sandbox.clock import timestamp
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.http.answers import Record
from usher.sandbox.life.oddities import ACTOR_TYPES, ASANA, DELETED
from usher.sandbox.life.work import Work

_AGENTS = {
    DESKTOP: "Asana/2.5.1 Electron/38.1 (Macintosh; Intel Mac OS X 15_6)",
    MOBILE: "AsanaMobile/9.14 (iPhone; iOS 19.1)",
}
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_VALUES = {
    "workspace_saml_settings_changed": ("required", "optional"),
    "workspace_password_requirements_changed": ("strong", "simple"),
    "workspace_guest_invite_permissions_changed": ("admins_only", "anyone"),
    "workspace_default_session_duration_changed": ("14 days", "never"),
    "workspace_require_app_approvals_of_type_changed": ("off", "all_apps"),
    "team_privacy_settings_changed": ("secret", "public"),
    "user_workspace_admin_role_changed": ("member", "domain_admin"),
    "user_division_admin_role_changed": ("member", "division_admin"),
}
_APPS = ("Ledger Link", "Calendar Bridge", "Form Relay")
_WORKSPACES = 64


def event_gid(event: Event, workspace: Workspace) -> str:
    """Grows with the position, and is unique across organizations."""
    return str(event.position * _WORKSPACES + workspace.number % _WORKSPACES)


def event_record(company: Company, work: Work, workspace: Workspace, event: Event) -> Record:
    kind = EVENT_TYPES[event.event_type]
    at = event.position // PLACES
    return {
        "gid": event_gid(event, workspace),
        "created_at": timestamp(at // 1_000, at % 1_000),
        "event_type": kind.name,
        "event_category": kind.category,
        "actor": _actor(company, event.actor),
        "resource": resource_record(company, work, kind.resource_type, event.resource),
        "details": _details(event, workspace),
        "context": _context(company, event),
    }


def _actor(company: Company, actor: int) -> Record:
    if actor < 0:
        return {"actor_type": ACTOR_TYPES[actor]}
    record: Record = {"actor_type": "user", "gid": company.gids.users.gid(actor)}
    if actor >= DELETED:
        return {**record, "name": None}
    person = company.people[actor]
    record["name"] = person.name
    if person.email:
        record["email"] = person.email
    return record


def _details(event: Event, workspace: Workspace) -> Record:
    name = EVENT_TYPES[event.event_type].name
    if event.event_type == LOGIN:
        methods = (["SAML"], ["GOOGLE"], ["PASSWORD", "TWO_FACTOR"])
        return {"method": methods[mix(event.actor, 9) % 3], "saml_response": None}
    if event.event_type == LOGIN_FAILED:
        return {"saml_response": None}
    if event.event_type in OF_APPS:
        return {"app_name": _APPS[mix(event.actor & 0xFFFFFFFF, 8) % len(_APPS)]}
    if name.endswith("_domain_added"):
        return {"new_value": "acquired.example"}
    if name not in _VALUES:
        return {}
    old, new = _VALUES[name]
    details: Record = {"old_value": old, "new_value": new}
    if name.endswith("_role_changed"):
        kind = "division" if "division" in name else "workspace"
        details["group"] = {"gid": workspace.gid, "name": workspace.name, "resource_type": kind}
    return details


def _context(company: Company, event: Event) -> Record:
    context = CONTEXTS[event.context]
    record = context.record
    if context.on_behalf:
        record["on_behalf_of_user_id"] = int(company.gids.users.gid(_on_whose_behalf(company, event)))
    elif event.actor != ASANA and context.context_type != "asana":
        drawn = mix(event.actor & 0xFFFFFFFF, 7)
        record["client_ip_address"] = f"198.51.100.{drawn % 254 + 1}" if drawn % 5 else "2001:db8::7"
        record["user_agent"] = _AGENTS.get(event.context, _BROWSER)
    return record


def _on_whose_behalf(company: Company, event: Event) -> int:
    """The person on whose behalf support acts."""
    if EVENT_TYPES[event.event_type].resource_type == "user":
        return event.resource
    return company.accounts[0].person
