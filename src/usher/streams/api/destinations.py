"""Where events are sent. No secret is ever answered, and of an address only the host: a path may hold a token."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status
from pydantic import Field, StringConstraints

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.platform.encryption import SecretUnreadable
from usher.rest.bodies import STORABLE, wrong_fields_named
from usher.rest.choices import one_of
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.streams.destinations import change
from usher.streams.destinations.checks import UnusableStream
from usher.streams.destinations.lag import lag_of, state_of
from usher.streams.destinations.testing import test_stream
from usher.streams.models import StreamDestination
from usher.web.csv_export import iso

router = Router(tags=["Event streams"], auth=PersonalToken())
PROBLEMS = {403: None, 404: None, 409: None}
Kind = Annotated[StreamDestination.Kind, one_of(StreamDestination.Kind.values)]
Form = Annotated[StreamDestination.Form, one_of(StreamDestination.Form.values)]
Contents = Annotated[StreamDestination.Contents, one_of(StreamDestination.Contents.values)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=STORABLE)]
Address = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=STORABLE)
]
Place = Annotated[str, StringConstraints(max_length=300, pattern=STORABLE)]
Region = Annotated[str, StringConstraints(max_length=60, pattern=STORABLE)]
KeyId = Annotated[str, StringConstraints(max_length=200, pattern=STORABLE)]
Secret = Annotated[
    str,
    StringConstraints(max_length=2000, pattern=STORABLE),
    Field(json_schema_extra={"writeOnly": True}),
]
Authority = Annotated[str, StringConstraints(max_length=100_000, pattern=STORABLE)]
Connections = Annotated[list[Annotated[int, Field(ge=1, lt=2**63)]], Field(max_length=10_000)]


class StreamOut(ListedItem):
    """A destination. `where`: the host, or the name of a folder. `connections`: nothing of others is sent; null: all.
    `problem`: why the last attempt failed; null if it did not.
    """

    id: int
    kind: str
    name: str
    where: str
    place: str
    region: str
    key_id: str
    form: str
    contents: str
    connections: list[int] | None
    is_on: bool
    state: str
    sent: int
    last_sent_at: str | None
    caught_up_at: str | None
    failing_since: str | None
    next_attempt_at: str
    problem: str | None
    remedy: str | None


class StreamWithLag(StreamOut):
    """`waiting`: events and entries that are not sent yet, counted up to 10,000 of each; `oldest_at`: of the first one.
    `again_from`: from when on something is being sent again; null if nothing is.
    """

    waiting: int
    oldest_at: str | None
    again_from: str | None


class StreamIn(Schema):
    """docs/siem.md says what each kind needs. `connections`: null for all. `since`: also what is stored since then."""

    kind: Kind
    name: Name
    address: Address
    place: Place = ""
    region: Region = ""
    key_id: KeyId = ""
    secret: Secret = ""
    authority: Authority = ""
    form: Form = StreamDestination.Form.OCSF
    contents: Contents = StreamDestination.Contents.EVENTS
    connections: Connections | None = None
    is_on: bool = True
    since: date | None = None


class StreamChangeIn(Schema):
    """Only what is to change. A secret that is not given stays. `connections`: null for all."""

    name: Name | None = None
    address: Address | None = None
    place: Place | None = None
    region: Region | None = None
    key_id: KeyId | None = None
    secret: Secret | None = None
    authority: Authority | None = None
    form: Form | None = None
    contents: Contents | None = None
    connections: Connections | None = None
    is_on: bool | None = None


class SinceIn(Schema):
    """A day in UTC."""

    since: date


class StreamTestOut(Schema):
    """What became of a message that was sent just now. `problem` and `remedy`: null if the receiver took it."""

    taken: bool
    problem: str | None
    remedy: str | None


def _record(one: StreamDestination) -> Mapping[str, object]:
    return {
        "id": one.pk,
        "kind": one.kind,
        "name": one.name,
        "where": one.where,
        "place": one.place,
        "region": one.region,
        "key_id": one.key_id,
        "form": one.form,
        "contents": one.contents,
        "connections": one.connections,
        "is_on": one.is_on,
        "state": state_of(one).value,
        "sent": one.sent,
        "last_sent_at": iso(one.last_sent_at),
        "caught_up_at": iso(one.caught_up_at),
        "failing_since": iso(one.failing_since),
        "next_attempt_at": iso(one.next_attempt_at),
        "problem": one.problem or None,
        "remedy": one.remedy or None,
    }


def _single(number: int) -> Mapping[str, object]:
    stored = _stream(number)
    lag = lag_of(stored)
    with_lag = {"waiting": lag.waiting, "oldest_at": iso(lag.oldest_at), "again_from": iso(stored.again_from)}
    return {**_record(stored), **with_lag}


STREAMS = Listing("event-streams", StreamOut, _record, {"id": "pk", "name": "name"})


@router.get("/streams", response=PagedItems[StreamOut], openapi_extra=STREAMS.described)
def list_streams(request: HttpRequest) -> HttpResponseBase:
    require(signed_in(request), Action.SETTINGS)
    return STREAMS.answer(request, StreamDestination.without_secrets())


@router.post("/streams", response={201: StreamWithLag, **PROBLEMS})
def add_stream(request: HttpRequest, body: StreamIn) -> Status[Mapping[str, object]]:
    """Begins with what comes from now on and, with `since`, with what is stored since then."""
    require(signed_in(request), Action.SETTINGS)
    given = body.dict()
    since = given.pop("since")
    destination = StreamDestination(**given)
    with wrong_fields_named(UnusableStream):
        change.add_stream(destination, actor_of(request), since=since)
    return Status(201, _single(destination.pk))


@router.get("/streams/{number}", response={200: StreamWithLag, 404: None})
def one_stream(request: HttpRequest, number: int) -> Mapping[str, object]:
    """With how far it is behind."""
    require(signed_in(request), Action.SETTINGS)
    return _single(number)


@router.patch("/streams/{number}", response={200: StreamWithLag, **PROBLEMS})
def change_stream(request: HttpRequest, number: int, body: StreamChangeIn) -> Mapping[str, object]:
    require(signed_in(request), Action.SETTINGS)
    stored, given = _stream(number), body.dict(exclude_unset=True)
    secret = given.pop("secret", None) or ""
    for name, value in given.items():
        if value is not None or name == "connections":
            setattr(stored, name, value)
    with wrong_fields_named(UnusableStream):
        change.change_stream(stored, actor_of(request), secret=secret)
    return _single(number)


@router.delete("/streams/{number}", response={204: None, **PROBLEMS})
def delete_stream(request: HttpRequest, number: int) -> Status[None]:
    """Nothing is sent there any more."""
    require(signed_in(request), Action.SETTINGS)
    change.delete_stream(_stream(number), actor_of(request))
    return Status(204, None)


@router.post("/streams/{number}/pause", response={200: StreamWithLag, **PROBLEMS})
def pause_stream(request: HttpRequest, number: int) -> Mapping[str, object]:
    """Nothing is sent there until it is resumed. Nothing is lost."""
    require(signed_in(request), Action.SETTINGS)
    change.pause_stream(_stream(number), actor_of(request))
    return _single(number)


@router.post("/streams/{number}/resume", response={200: StreamWithLag, **PROBLEMS})
def resume_stream(request: HttpRequest, number: int) -> Mapping[str, object]:
    """It goes on where it was."""
    require(signed_in(request), Action.SETTINGS)
    change.resume_stream(_stream(number), actor_of(request))
    return _single(number)


@router.post("/streams/{number}/again", response={200: StreamWithLag, **PROBLEMS})
def send_again(request: HttpRequest, number: int, body: SinceIn) -> Mapping[str, object]:
    """Sends once more what is stored since a day. The receiver gets it a second time, with the same ids."""
    require(signed_in(request), Action.SETTINGS)
    with wrong_fields_named(UnusableStream):
        change.send_again(_stream(number), body.since, actor_of(request))
    return _single(number)


@router.post("/streams/{number}/test", response={200: StreamTestOut, **PROBLEMS})
def test_destination(request: HttpRequest, number: int) -> dict[str, object]:
    """Sends one message now, and says what became of it."""
    require(signed_in(request), Action.SETTINGS)
    key = _stream(number).pk
    try:
        problem = test_stream(StreamDestination.objects.get(pk=key))
    except SecretUnreadable as error:
        return {"taken": False, "problem": "Its token cannot be read.", "remedy": str(error)}
    if problem is None:
        return {"taken": True, "problem": None, "remedy": None}
    return {"taken": False, "problem": problem.problem, "remedy": problem.remedy or None}


def _stream(number: int) -> StreamDestination:
    return single(StreamDestination.without_secrets(), number, "event stream", "streams")
