"""The audit log and the workspace event stream; both for service accounts only."""

import base64
import hmac

from usher.sandbox.answers import AsanaError, Record, bad, forbidden
from usher.sandbox.audit_log import Event, event_record, events, parse_moment
from usher.sandbox.company import Workspace
from usher.sandbox.endpoint import Call, endpoint

PAGE = 1_000
SYNC_TOKEN_SECONDS = 86_400


def audit_log_events(call: Call) -> Record:
    """Oldest first. Once something has matched, `next_page` comes for ever; the end is an empty page."""
    where = _auditable(call)
    limit, page = call.limit() or PAGE, call.page(call.limit())
    matching = _matching(call, events(call.view.company, where, call.view.now))
    after = 0 if page.offset is None else call.sandbox.offsets.position(page.offset, page.list_key)
    found = [event for event in matching if int(event.gid) > after][:limit]
    if not found and page.offset is None:
        return {"data": [], "next_page": None}
    token = call.sandbox.offsets.token(int(found[-1].gid) if found else after, page.list_key)
    return {
        "data": [event_record(call.view.company, event) for event in found],
        "next_page": page.next_page(token, default_limit=PAGE),
    }


def workspace_events(call: Call) -> Record:
    """412 with a fresh token first and when a token is a day old. Nobody works here, so never an event."""
    _auditable(call)
    now = int(call.view.now)
    issued = _sync_issued_at(call, call.query("sync"))
    token = _sync_token(call, now)
    if issued is None or now - issued > SYNC_TOKEN_SECONDS:
        message = "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset for this query now and use the new sync token for the next sync."  # noqa: E501
        raise AsanaError(412, message, more={"sync": token})
    return {"data": [], "sync": token, "has_more": False}


def _auditable(call: Call) -> Workspace:
    where, caller = call.workspace_of_path(), call.view.caller
    if not caller.is_service_account:
        raise forbidden("This endpoint is only available to service accounts.")
    if not caller.may_read_audit_log:
        raise forbidden("This service account does not have the permission to read audit logs.")
    if not where.is_organization or where.is_free:
        raise forbidden("The audit log is not available on the plan of this workspace.")
    return where


def _matching(call: Call, found: list[Event]) -> list[Event]:
    company = call.view.company
    start, end = _moment(call, "start_at"), _moment(call, "end_at")
    kind, actor_type = call.query("event_type"), call.query("actor_type")
    actor, resource = call.query("actor_gid"), call.query("resource_gid")
    gid = company.gids.users.gid
    return [
        event
        for event in found
        if (start is None or event.at >= start * 1_000)
        and (end is None or event.at < end * 1_000)
        and (kind is None or event.event_type == kind)
        and (actor_type is None or actor_type == ("asana" if event.actor is None else "user"))
        and (actor is None or (event.actor is not None and gid(event.actor) == actor))
        and (resource is None or gid(event.resource) == resource)
    ]


def _moment(call: Call, name: str) -> float | None:
    text = call.query(name)
    try:
        return None if text is None else parse_moment(text)
    except ValueError:
        raise bad(f"{name}: Not a valid date: {text}") from None


def _sync_token(call: Call, now: int) -> str:
    raw = now.to_bytes(8)
    return (hmac.digest(call.sandbox.secret, raw, "sha256")[:8] + raw).hex()


def _sync_issued_at(call: Call, token: str | None) -> int | None:
    try:
        raw = base64.b16decode((token or "").upper())
    except ValueError:
        return None
    issued = int.from_bytes(raw[8:])
    return issued if token and _sync_token(call, issued) == token else None


ROUTES = [
    endpoint("GET", "/workspaces/{workspace_gid}/audit_log_events", audit_log_events),
    endpoint("GET", "/workspaces/{workspace_gid}/events", workspace_events),
]
