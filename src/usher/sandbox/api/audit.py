"""The audit log and the workspace event stream; both for service accounts only."""

from datetime import UTC, datetime, timedelta
from itertools import islice

from usher.sandbox.audit_log.event_types import EVENT_TYPES, TYPE_NUMBERS
from usher.sandbox.audit_log.log import Filters
from usher.sandbox.audit_log.records import event_record
from usher.sandbox.audit_log.resources import numbers_by_gid
from usher.sandbox.audit_log.stream import stream_record
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.http.answers import AsanaError, Record, bad, forbidden
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.life.oddities import ACTOR_TYPES

PAGE = 1_000
NOTHING = -1_000
"""A number that no object has, so that a filter with it matches nothing."""
TOO_OLD = (
    "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full "
    "dataset for this query now and use the new sync token for the next sync."
)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def audit_log_events(call: Call) -> Record:
    """Oldest first. Once an event has matched, every page has a `next_page`; an empty page is the end."""
    where = _auditable(call)
    limit, page = call.limit() or PAGE, call.page(call.limit())
    after = -1 if page.offset is None else call.sandbox.offsets.position(page.offset, page.list_key)
    start, end = _moment(call, "start_at"), _moment(call, "end_at")
    activity, company = call.sandbox.activity, call.view.company
    filters = _filters(call, company)
    with activity.lock:
        log = activity.log(where)
        events = list(islice(log.events(after, start, end, filters, call.view.now), limit))
    if not events and page.offset is None:
        return {"data": [], "next_page": None}
    token = call.sandbox.offsets.token(events[-1].position if events else after, page.list_key)
    return {
        "data": [event_record(company, call.view.work, where, event) for event in events],
        "next_page": page.next_page(token, default_limit=PAGE),
    }


def workspace_events(call: Call) -> Record:
    """Answers 412 with a new token if the call has none, or one that is a day old or was made to expire."""
    where = _auditable(call)
    activity, now = call.sandbox.activity, call.view.now
    with activity.lock:
        stream = activity.stream(where)
        mark = activity.sync_tokens.mark(call.query("sync"), where, int(now))
        if mark is None:
            raise AsanaError(412, TOO_OLD, more={"sync": activity.sync_tokens.token(stream.start(now))})
        events, reached, has_more = stream.after(mark, now)
    return {
        "data": [stream_record(call.view.company, where, event) for event in events],
        "sync": activity.sync_tokens.token(reached),
        "has_more": has_more,
    }


def _auditable(call: Call) -> Workspace:
    where, caller = call.workspace_of_path(), call.view.caller
    if not caller.is_service_account:
        raise forbidden("This endpoint is only available to service accounts.")
    if not caller.may_read_audit_log:
        raise forbidden("This service account does not have the permission to read audit logs.")
    if not where.is_organization or where.is_free:
        raise forbidden("The audit log is not available on the plan of this workspace.")
    return where


def _filters(call: Call, company: Company) -> Filters:
    kind, actor_type = call.query("event_type"), call.query("actor_type")
    actor_gid, resource_gid = call.query("actor_gid"), call.query("resource_gid")
    actor: int | None = None
    if actor_type not in (None, "user"):
        actor = {name: number for number, name in ACTOR_TYPES.items()}.get(str(actor_type))
        if actor is None:
            raise bad(f"actor_type: Not a valid actor type: {actor_type}")
    if actor_gid is not None:
        number = company.gids.users.number(actor_gid)
        actor = NOTHING if number is None or actor is not None else number
    resource, kinds = None, frozenset[str]()
    if resource_gid is not None:
        resource, kinds = numbers_by_gid(company, resource_gid) or (NOTHING, frozenset())
    return Filters(
        event_type=None if kind is None else TYPE_NUMBERS.get(kind, NOTHING),
        actor=actor,
        users_only=actor_type == "user",
        resource=resource,
        resource_types=tuple(n for n, t in enumerate(EVENT_TYPES) if t.resource_type in kinds),
    )


def _moment(call: Call, name: str) -> int | None:
    """Milliseconds since 1970, rounded up. Without a time zone it is UTC."""
    text = call.query(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad(f"{name}: Not a valid date: {text}") from None
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return -(-since // _MILLISECOND)


ROUTES = [
    endpoint("GET", "/workspaces/{workspace_gid}/audit_log_events", audit_log_events),
    endpoint("GET", "/workspaces/{workspace_gid}/events", workspace_events),
]
