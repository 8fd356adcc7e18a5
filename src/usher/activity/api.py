"""Events, usage, idle seats and coverage in the REST API: what the commands of the same names print."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.activity.events.export import event_rows, raw_events, rows_of
from usher.activity.events.filters import EventsForm
from usher.activity.events.search import EventSearch, Position
from usher.activity.records.reading import json_of
from usher.activity.usage.export import coverage_records, idle_records, idle_records_behind, usage_records
from usher.connections.models import Connection
from usher.platform.scope import current_scope, each_seen_with
from usher.rest import cursors
from usher.rest.cursors import Place, UnknownPlace
from usher.rest.forms_read import read
from usher.rest.listing import CURSOR_PROBLEM, ListedItem, Listing, next_link
from usher.rest.pages import PagedItems
from usher.rest.parameters import MOST, NUMBER, of_form, parameter
from usher.roster.query import people_listed
from usher.web.csv_export import download
from usher.web.lists import parse_id, valid_day
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Usage and audit log"], auth=PersonalToken())

CONNECTION = parameter("connection", NUMBER, "Of this connection; without it, of all.")
LONGEST_DAYS = 3660
KEY_OF_COVERAGE = ("workspace_gid", "source", "since")


class EventOut(ListedItem):
    """An event of Asana's audit log. `what` says in words what happened; names and texts come from Asana."""

    created_at: str
    what: str
    event_type: str
    category: str
    actor_type: str
    actor_gid: str
    actor_name: str | None
    actor_email: str | None
    resource_type: str
    resource_gid: str
    resource_name: str | None
    context_type: str
    ip_address: str | None
    use: str
    connection: str | None
    workspace_gid: str | None
    workspace: str | None
    gid: str
    record: str


class UsageOut(ListedItem):
    """What one person did in the window. Null means unknown, never zero."""

    connection: str
    gid: str
    email: str
    name: str
    workspace_gids: list[str]
    active_days: int | None
    sessions: int | None
    usage_minutes: float | None
    average_usage_minutes: float | None
    last_used: str | None
    last_used_source: str | None
    automated_last_used: str | None
    confidence: str
    level: str | None


class IdleOut(ListedItem):
    """A seat that nobody has used, where a source covers the whole window."""

    connection: str
    gid: str
    email: str
    name: str
    workspace_gid: str
    workspace: str
    role: str
    since: str | None
    last_used: str | None
    last_used_source: str | None
    automated_last_used: str | None
    confidence: str


class CoverageOut(ListedItem):
    """The time for which a source was read. `gaps`: each with `from` and `to`."""

    connection: str
    workspace_gid: str
    workspace: str
    source: str
    since: str | None
    until: str | None
    gaps: list[dict[str, str | None]]


PAGE_OF_FILE = [
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}, "So many. Without it, all."),
    parameter("cursor", {"type": "string", "maxLength": 2_000}, "Of `Link` of the page before."),
]
Record = Mapping[str, object]
EVENTS = Listing("events", EventOut, sorts={}, more=of_form(EventsForm))
USAGE = Listing(
    "usage",
    UsageOut,
    sorts={},
    more=[
        CONNECTION,
        parameter("days", {"type": "integer", "minimum": 1, "maximum": LONGEST_DAYS, "default": 30}),
        parameter("until", {"type": "string", "format": "date"}, "The last day; without it, today."),
    ],
)
IDLE = Listing(
    "idle",
    IdleOut,
    sorts={},
    more=[
        CONNECTION,
        parameter("days", {"type": "integer", "minimum": 1, "maximum": LONGEST_DAYS, "default": 90}),
        parameter("grace", {"type": "integer", "minimum": 0, "maximum": LONGEST_DAYS, "default": 30}),
    ],
)
COVERAGE = Listing("coverage", CoverageOut, sorts={}, more=[CONNECTION])


@router.get("/events", response=PagedItems[EventOut], openapi_extra=EVENTS.described)
def list_events(request: HttpRequest) -> HttpResponseBase:
    """The audit log, oldest first, by the filters of its page. To fetch new events again and again: /events/new."""
    require(signed_in(request), Action.READ)
    search = _search(request)

    def page(begin: str, size: int) -> list[tuple[str, Record]]:
        beyond = Position.read(begin) if begin else None
        if begin and beyond is None:
            raise UnknownPlace
        found = search.page(size, beyond, newest_first=False)
        keys = [str(Position.of(event)) for event in found]
        return list(zip(keys, rows_of(search, found), strict=True))

    return EVENTS.answer_walked(request, page, event_rows(search))


@router.get(
    "/events/raw",
    openapi_extra={
        "parameters": [*of_form(EventsForm), *PAGE_OF_FILE],
        "responses": {
            200: {
                "description": "JSON Lines",
                "headers": {
                    "Link": {"schema": {"type": "string"}, "description": "The next page (RFC 8288)."}
                },
                "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
            }
        },
    },
)
def raw(request: HttpRequest) -> HttpResponseBase:
    """The same events as Asana sent them, as JSON Lines.

    Everything that matches or, with `limit`, so many: a file that broke off goes on behind the last whole page.
    """
    require(signed_in(request), Action.READ)
    search, limit = _search(request), _limit(request)
    beyond = _position(request.GET.get("cursor", ""))
    if limit is None:
        events = raw_events(search, beyond=beyond)
        lines = (line + "\n" for line in each_seen_with(current_scope(), events))
        return download("audit-log.jsonl", "application/x-ndjson", lines)
    found = search.page(limit + 1, beyond, newest_first=False)
    page = "".join(f"{json_of(event)}\n" for event in found[:limit])
    answer = HttpResponse(page, content_type="application/x-ndjson; charset=utf-8")
    if len(found) > limit:
        key = str(Position.of(found[limit - 1]))
        answer["Link"] = next_link(request, cursors.write(Place(EVENTS.usual_sort, None, key)))
    return answer


@router.get("/usage", response=PagedItems[UsageOut], openapi_extra=USAGE.described)
def list_usage(request: HttpRequest) -> HttpResponseBase:
    """How much everyone used Asana in the window, each figure with its confidence. By connection and gid."""
    require(signed_in(request), Action.READ)
    days, until = _number(request, "days", 30, 1), _day(request, "until")

    def some(connection: Connection, behind: Sequence[str], at_most: int) -> Iterator[tuple[str, Record]]:
        people = people_listed(connection).filter(gid__gt=behind[0]).order_by("gid")
        keys = list(people.values_list("pk", flat=True)[:at_most])
        return _keyed(usage_records(connection, days, until, keys), connection, "gid")

    connections = _connections(request)
    everything = (each for connection in connections for each in usage_records(connection, days, until))
    return USAGE.answer_walked(request, _walk(connections, some), everything)


@router.get("/idle", response=PagedItems[IdleOut], openapi_extra=IDLE.described)
def list_idle(request: HttpRequest) -> HttpResponseBase:
    """Seats that nobody has used for so many days, where usage data covers the whole time."""
    require(signed_in(request), Action.READ)
    days, grace = _number(request, "days", 90, 1), _number(request, "grace", 30, 0)

    def some(connection: Connection, behind: Sequence[str], at_most: int) -> Iterator[tuple[str, Record]]:
        person, workspace = (*behind, "")[:2]
        found = idle_records_behind(connection, days, grace, person, workspace, at_most)
        return _keyed(found, connection, "gid", "workspace_gid")

    connections = _connections(request)
    everything = (each for connection in connections for each in idle_records(connection, days, grace))
    return IDLE.answer_walked(request, _walk(connections, some), everything)


@router.get("/coverage", response=PagedItems[CoverageOut], openapi_extra=COVERAGE.described)
def list_coverage(request: HttpRequest) -> HttpResponseBase:
    """For which time each source was read, and its gaps."""
    require(signed_in(request), Action.READ)
    records = (
        each
        for connection in _connections(request)
        for each in _keyed(map(_coverage, coverage_records(connection)), connection, *KEY_OF_COVERAGE)
    )
    return COVERAGE.answer_computed(request, records)


def _coverage(record: Record) -> Record:
    named = {name: value for name, value in record.items() if name not in ("from", "to")}
    return named | {"since": record["from"], "until": record["to"]}


def _limit(request: HttpRequest) -> int | None:
    text = request.GET.get("limit")
    if text is not None and not (
        text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST
    ):
        raise UnreadableRequest({"limit": f"A number from 1 to {MOST:,}."})
    return None if text is None else int(text)


def _position(cursor: str) -> Position | None:
    """Of `events`, too: both have the same order."""
    if not cursor:
        return None
    try:
        position = Position.read(str(cursors.read(cursor, EVENTS.usual_sort).key))
    except UnknownPlace:
        position = None
    if position is None:
        raise UnreadableRequest({"cursor": CURSOR_PROBLEM})
    return position


def _search(request: HttpRequest) -> EventSearch:
    form = EventsForm(request.GET, [])
    read(form)
    return form.search


def _connections(request: HttpRequest) -> list[Connection]:
    """Of the address; without one, all that are seen. Raises UnreadableRequest."""
    if "connection" not in request.GET:
        return list(Connection.objects.order_by("pk"))
    found = Connection.objects.filter(pk=parse_id(request.GET["connection"]) or 0)
    if not found:
        raise UnreadableRequest({"connection": "There is no such connection."})
    return list(found)


def _number(request: HttpRequest, name: str, usual: int, least: int) -> int:
    text = request.GET.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and least <= int(text) <= LONGEST_DAYS):
        raise UnreadableRequest({name: f"A number from {least} to {LONGEST_DAYS:,}."})
    return int(text)


def _day(request: HttpRequest, name: str) -> date | None:
    if name not in request.GET:
        return None
    day = valid_day(request.GET[name])
    if not day:
        raise UnreadableRequest({name: "A day, such as 2026-11-30."})
    return date.fromisoformat(day)


def _walk(
    connections: Sequence[Connection],
    some: Callable[[Connection, Sequence[str], int], Iterator[tuple[str, Record]]],
) -> Callable[[str, int], list[tuple[str, Record]]]:
    """Through one connection after the other. `some`: so many behind a key of `_keyed`, without its connection."""

    def page(begin: str, size: int) -> list[tuple[str, Record]]:
        at, *behind = begin.split("/")
        found: list[tuple[str, Record]] = []
        for connection in connections:
            number = f"{connection.pk:019}"
            if number >= at and len(found) < size:
                found += some(connection, (behind if number == at else None) or [""], size - len(found))
        return found

    return page


def _keyed(
    records: Iterable[Mapping[str, object]], connection: Connection, *fields: str
) -> Iterator[tuple[str, Record]]:
    for record in records:
        yield "/".join([f"{connection.pk:019}", *(str(record[name]) for name in fields)]), record
