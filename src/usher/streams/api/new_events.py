"""New events in the REST API, for a program that fetches them again and again and must miss none."""

from enum import StrEnum
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.activity.ingest.arrivals import arrived_between, arrived_until
from usher.activity.models import AuditEvent
from usher.rest.parameters import MOST
from usher.rest.simple_cursors import cursor_of, key_in
from usher.streams.models import StreamDestination
from usher.streams.reading.encoding import Origins, event_messages

router = Router(tags=["Usage and audit log"], auth=PersonalToken())
SPAN = 64_000
"""So many numbers are looked at together: most may be of connections that the token does not see."""
WIDEST = 1024 * SPAN


class EventForm(StrEnum):
    RAW = StreamDestination.Form.RAW.value
    OCSF = StreamDestination.Form.OCSF.value


class NewEventsOut(Schema):
    """`items`: as Asana sent them, or as OCSF. `next` is never null: send it to go on, now or in a minute."""

    items: list[dict[str, object]]
    next: str
    has_more: bool


@router.get("/events/new", response=NewEventsOut)
def new_events(
    request: HttpRequest,
    cursor: Annotated[str, Query(max_length=2000)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    form: EventForm = EventForm.RAW,
) -> HttpResponse:
    """Events in the order in which Usher stored them, whenever they happened.

    An event that Asana tells late comes late, and is not missed. Without a cursor, it begins with the first that has a
    number; those of before version 0.2 have none.
    """
    require(signed_in(request), Action.READ)
    begin, until = key_in(cursor), arrived_until()
    end, found = _next_found(begin, begin if until is None else until, limit + 1)
    has_more, found = len(found) > limit, found[:limit]
    place = int(found[-1].arrival or 0) if has_more else max(begin, end)
    lines = [message.line for message in event_messages(found, form.value, Origins())]
    body = {
        "items": [msgspec.Raw(line) for line in lines],
        "next": cursor_of(place),
        "has_more": has_more or (until is not None and place < until),
    }
    return HttpResponse(msgspec.json.encode(body), content_type="application/json")


def _next_found(begin: int, until: int, at_most: int) -> tuple[int, list[AuditEvent]]:
    """The next events behind `begin`, and up to which number was looked.

    Not all up to the end at once: PostgreSQL might sort them all. Where many numbers belong to events that are gone,
    or that somebody limited does not see, it looks further and further.
    """
    end, span, found = begin, SPAN, list[AuditEvent]()
    while end < until and not found and span <= WIDEST:
        start, end = end, min(end + span, until)
        found = list(arrived_between(start, end)[:at_most])
        span *= 2
    return end, found
