"""An event of Asana's audit log as an event of OCSF."""

from collections.abc import Mapping

import msgspec

from usher.activity.events.sentences import sentence
from usher.asana import AuditActor, AuditLogEvent, Context, Resource
from usher.streams.ocsf.classes import (
    ACCOUNT_CHANGE,
    APPLICATION_LIFECYCLE,
    AUTHENTICATION,
    DATASTORE,
    ENTITY_MANAGEMENT,
    FILE_HOSTING,
    GROUP_MANAGEMENT,
    OCSF_VERSION,
    USER_ACCESS,
    WEB_RESOURCES,
    OcsfClass,
)
from usher.streams.ocsf.mapping import mapped_event_type
from usher.streams.ocsf.objects import (
    OTHER_TYPE,
    SYSTEM,
    USER,
    Json,
    is_ip,
    known,
    source_of,
    thing,
    user_object,
)

PRODUCT = {"name": "Asana", "vendor_name": "Asana"}
_SUCCESS: Json = {"status_id": 1, "status": "Success"}
_FAILURE: Json = {"status_id": 2, "status": "Failure"}
_SAML, _OAUTH, _OTHER_PROTOCOL = (5, "SAML"), (6, "OAUTH 2.0"), (99, "Other")


class Origin(msgspec.Struct, frozen=True):
    """Where an event was read. Empty where the workspace is gone."""

    connection: str = ""
    workspace_gid: str = ""
    workspace: str = ""


NOWHERE = Origin()


def ocsf_of_event(event: AuditLogEvent, record: str, origin: Origin = NOWHERE) -> Json:
    """`record`: the event as Asana sent it, which is kept in `raw_data` byte for byte."""
    mapped = mapped_event_type(event.event_type)
    of = mapped.ocsf_class
    actor, context = event.actor or AuditActor(), event.context or Context()
    details = event.details or {}
    failed = event.event_type == "user_login_failed"
    unmapped: dict[str, object] = {
        "event_category": event.event_category,
        "context_type": context.context_type,
        "api_authentication_method": context.api_authentication_method,
        "oauth_app_name": context.oauth_app_name,
        "rule_name": context.rule_name,
        "on_behalf_of_user_id": context.on_behalf_of_user_id,
        "details": details,
        "workspace": origin.workspace,
        "connection": origin.connection,
    }
    found: Json = {
        **mapped.fields(event.event_type or "unknown"),
        "time": round(event.created_at.timestamp() * 1000),
        "message": sentence(event),
        "metadata": known(
            {
                "version": OCSF_VERSION,
                "profiles": list(of.profiles),
                "product": PRODUCT,
                "uid": event.gid,
                "event_code": event.event_type,
                "log_name": "audit_log",
                "log_provider": "Asana",
                "tenant_uid": origin.workspace_gid,
            }
        ),
        "actor": {"user": _actor(actor), **known({"app_name": context.oauth_app_name})},
        **(_FAILURE if failed else _SUCCESS),
        **_of_class(of, event, details, origin),
        "raw_data": record,
    }
    address, agent = context.client_ip_address or "", context.user_agent
    if (of.has_source and (is_ip(address) or of is DATASTORE)) or of is FILE_HOSTING:
        found["src_endpoint"] = source_of(address, "Asana")
    else:
        unmapped["client_ip_address"] = address
    if of.has_request and agent:
        found["http_request"] = {"user_agent": agent}
    else:
        unmapped["user_agent"] = agent
    found["unmapped"] = known(unmapped)
    return found


def _actor(actor: AuditActor) -> Json:
    if actor.actor_type in (None, "user") or actor.gid:
        return user_object(actor.gid or "", actor.name or "", actor.email or "", type_id=USER)
    is_asana = actor.actor_type in ("asana", "asana_support")
    return user_object("", actor.name or actor.actor_type or "", type_id=SYSTEM if is_asana else OTHER_TYPE)


def _of_class(of: OcsfClass, event: AuditLogEvent, details: Mapping[str, object], origin: Origin) -> Json:
    resource = event.resource or Resource()
    kind = resource.resource_type or ""
    uid, name = resource.gid or "", resource.name or ""
    if of is AUTHENTICATION:
        protocol, protocol_name = _protocol(details)
        return {
            "user": _person(event),
            "service": thing(origin.workspace_gid, "Asana", ""),
            "auth_protocol_id": protocol,
            "auth_protocol": protocol_name,
        }
    if of is ACCOUNT_CHANGE:
        return {"user": _person(event)}
    if of is USER_ACCESS:
        return _access(event, details)
    if of is GROUP_MANAGEMENT:
        member = _member(details)
        return {"group": thing(uid, name, kind or "team"), **({"user": member} if member else {})}
    if of is ENTITY_MANAGEMENT:
        entity = {**thing(uid, name, kind), "type": kind or "setting", "type_id": OTHER_TYPE}
        after = details.get("new_value")
        return {"entity": entity, **({"comment": str(after)} if after not in (None, "") else {})}
    if of is DATASTORE:
        stored = {**thing(uid, name, kind), "type": kind or "export", "type_id": OTHER_TYPE}
        return {"database": stored, "type": "Database", "type_id": 1}
    if of is FILE_HOSTING:
        return {"file": known({"name": name or uid or "attachment", "uid": uid, "type_id": 1})}
    if of is WEB_RESOURCES:
        return {"web_resources": [thing(uid, name, kind)]}
    if of is APPLICATION_LIFECYCLE:
        return {"app": {"name": _app(event, details), "vendor_name": "unknown"}}
    return {}


def _access(event: AuditLogEvent, details: Mapping[str, object]) -> Json:
    """A role of a person, or a person in a project or portfolio."""
    resource, group = event.resource or Resource(), details.get("group")
    if resource.resource_type in ("user", None):
        new = details.get("new_value")
        on = group if isinstance(group, dict) else {}
        found: Json = {"user": _person(event), "privileges": [str(new) if new else "unknown"]}
        if on:
            place = thing(
                str(on.get("gid") or ""), str(on.get("name") or ""), str(on.get("resource_type") or "")
            )
            found["resources"] = [place]
        return found
    return {
        "user": _member(details) or user_object(""),
        "privileges": ["member"],
        "resources": [thing(resource.gid or "", resource.name or "", resource.resource_type or "")],
    }


def _person(event: AuditLogEvent) -> Json:
    """Whose account it is: the resource, or the actor where the resource is no person."""
    resource = event.resource
    if resource and resource.resource_type in ("user", None) and (resource.gid or resource.email):
        return user_object(resource.gid or "", resource.name or "", resource.email or "")
    return _actor(event.actor or AuditActor())


def _member(details: Mapping[str, object]) -> Json | None:
    for key in ("user", "member"):
        given = details.get(key)
        if isinstance(given, dict):
            fields = (str(given.get(each) or "") for each in ("gid", "name", "email"))
            return user_object(*fields)
        if isinstance(given, str | int) and given:
            return user_object(str(given))
    return None


def _protocol(details: Mapping[str, object]) -> tuple[int, str]:
    method = details.get("method")
    methods = {str(each).lower() for each in method} if isinstance(method, list) else {str(method).lower()}
    if "saml" in methods or details.get("saml_response"):
        return _SAML
    if any("google" in each or "oauth" in each for each in methods):
        return _OAUTH
    return _OTHER_PROTOCOL


def _app(event: AuditLogEvent, details: Mapping[str, object]) -> str:
    for key in ("app", "app_name", "application"):
        given = details.get(key)
        if isinstance(given, dict):
            given = given.get("name")
        if isinstance(given, str) and given:
            return given
    context = event.context or Context()
    return context.oauth_app_name or "unknown"
