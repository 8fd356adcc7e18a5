"""Usage, idle seats and coverage in the REST API: what the commands of the same names print."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.activity.usage.export import coverage_records, idle_records, idle_records_behind, usage_records
from usher.connections.models import Connection
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.parameters import NUMBER, parameter
from usher.roster.query import people_listed
from usher.web.lists import parse_id, valid_day
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Usage and audit log"], auth=PersonalToken())

CONNECTION = parameter("connection", NUMBER, "Of this connection; without it, of all.")
Record = Mapping[str, object]
LONGEST_DAYS = 3660
KEY_OF_COVERAGE = ("workspace_gid", "source", "since")


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


@router.get("/usage", response=PagedItems[UsageOut], openapi_extra=USAGE.described)
def list_usage(request: HttpRequest) -> HttpResponseBase:
    """How much everyone used Asana in the window, each figure with its confidence. By connection and gid."""
    require(signed_in(request), Action.READ)
    days, until = _number(request, "days", 30, 1), _day(request, "until")

    def some(connection: Connection, behind: Sequence[str], at_most: int) -> Iterator[tuple[str, Record]]:
        people = people_listed(connection).filter(gid__gt=behind[0]).order_by("gid")
        keys = list(people.values_list("pk", flat=True)[:at_most])
        return _keyed(usage_records(connection, days, until, keys), connection, "gid")

    return _answer(USAGE, request, some, lambda connection: usage_records(connection, days, until))


@router.get("/idle", response=PagedItems[IdleOut], openapi_extra=IDLE.described)
def list_idle(request: HttpRequest) -> HttpResponseBase:
    """Seats that nobody has used for so many days, where usage data covers the whole time."""
    require(signed_in(request), Action.READ)
    days, grace = _number(request, "days", 90, 1), _number(request, "grace", 30, 0)

    def some(connection: Connection, behind: Sequence[str], at_most: int) -> Iterator[tuple[str, Record]]:
        person, workspace = (*behind, "")[:2]
        found = idle_records_behind(connection, days, grace, person, workspace, at_most)
        return _keyed(found, connection, "gid", "workspace_gid")

    return _answer(IDLE, request, some, lambda connection: idle_records(connection, days, grace))


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


def _answer(
    listing: Listing,
    request: HttpRequest,
    some: Callable[[Connection, Sequence[str], int], Iterator[tuple[str, Record]]],
    everybody: Callable[[Connection], Iterator[Record]],
) -> HttpResponseBase:
    """Through one connection after the other. `some`: so many behind a key of `_keyed`, without its connection."""
    connections = _connections(request)

    def page(begin: str, size: int) -> list[tuple[str, Record]]:
        at, *behind = begin.split("/")
        found: list[tuple[str, Record]] = []
        for connection in connections:
            number = f"{connection.pk:019}"
            if number >= at and len(found) < size:
                found += some(connection, (behind if number == at else None) or [""], size - len(found))
        return found

    return listing.answer_walked(request, page, (each for one in connections for each in everybody(one)))


def _keyed(
    records: Iterable[Mapping[str, object]], connection: Connection, *fields: str
) -> Iterator[tuple[str, Record]]:
    for record in records:
        yield "/".join([f"{connection.pk:019}", *(str(record[name]) for name in fields)]), record
