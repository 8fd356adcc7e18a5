"""Events of the audit log in the REST API, as the command of the same name prints them."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.activity.events.export import event_rows, raw_events, rows_of
from usher.activity.events.filters import EventsForm
from usher.activity.events.search import EventSearch, Position
from usher.activity.records.reading import json_of
from usher.platform.scope import current_scope, each_seen_with
from usher.rest import cursors
from usher.rest.cursors import Place, UnknownPlace
from usher.rest.forms_read import read
from usher.rest.listing import CURSOR_PROBLEM, ListedItem, Listing, next_link
from usher.rest.pages import PagedItems
from usher.rest.parameters import MOST, of_form, parameter
from usher.web.csv_export import download
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Usage and audit log"], auth=PersonalToken())


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


PAGE_OF_FILE = [
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}, "So many. Without it, all."),
    parameter("cursor", {"type": "string", "maxLength": 2_000}, "Of `Link` of the page before."),
]
Record = Mapping[str, object]
EVENTS = Listing("events", EventOut, sorts={}, more=of_form(EventsForm))


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
