"""Connecting, changing and disconnecting accounts in the REST API. Tokens are taken, and never answered.

The router is that of `connections`: one address is answered by one router.
"""

from datetime import time
from typing import Annotated

from django.conf import settings as configured
from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema, Status
from pydantic import Field, StringConstraints

from usher.access.acting import actor_of
from usher.access.roles import Action, require, require_all_connections, signed_in
from usher.connections import sync
from usher.connections.api.connections import (
    ConnectionOut,
    RunOut,
    connected_one,
    connection_record,
    one_of_all,
    router,
    run_record,
)
from usher.connections.attention import check_asked
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.change import change
from usher.connections.connecting.settings import CannotConnect, ConnectionSettings
from usher.connections.disconnect import disconnect
from usher.connections.jobs import start_sync, start_test
from usher.connections.models import Connection, Mode, SyncRun
from usher.connections.working_days.calendars import NoSuchCalendar, calendar_of
from usher.refusals import Refused
from usher.rest.bodies import STORABLE, Name, OnlyIfAsked, RequestBody, wrong_fields_named
from usher.rest.choices import one_of
from usher.rest.listing import Record
from usher.web.refused.problems import UnreadableRequest

Gid = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32, pattern=r"^[0-9]*$")]
Secret = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=STORABLE)
]
Code = Annotated[str, StringConstraints(max_length=64, pattern=STORABLE)]
ConnectionMode = Annotated[Mode, one_of(Mode.values)]
Way = Annotated[Connection.Authorization, one_of(["token", "oauth"])]


class NeedsBrowser(Refused):
    """Asana's consent page is for people."""

    def __init__(self, page: str) -> None:
        super().__init__(
            "OAuth needs a person in a browser, who allows access on Asana's consent page.",
            f"Open {configured.USHER_BASE_URL}{page}, or connect by a personal access token.",
        )


class ConnectIn(RequestBody):
    """`authorization`: `token` alone; OAuth needs a browser. Without `workspace_gid`: all that the account sees."""

    name: Name
    mode: ConnectionMode = Mode.READ
    authorization: Way = Connection.Authorization.TOKEN
    token: Secret | None = None
    workspace_gid: Gid = ""
    service_token: Secret | None = None


class ReconnectIn(RequestBody):
    """New tokens. What is not given stays as it is."""

    authorization: Way = Connection.Authorization.TOKEN
    token: Secret | None = None
    name: Name | None = None
    mode: ConnectionMode | None = None
    workspace_gid: Gid | None = None
    service_token: Secret | None = None


class ConnectionChanges(RequestBody):
    """Only what is to change. `holiday_calendar`: a country or a region, such as `DE-BY`; an empty one is none."""

    name: Name | None = None
    mode: ConnectionMode | None = None
    workspace_gid: Gid | None = None
    service_token: Secret | None = None
    forget_service_token: OnlyIfAsked = False
    sync_at: time | None = None
    time_zone: Code | None = None
    holiday_calendar: Code | None = None
    requires_sso: bool | None = None


class DisconnectIn(RequestBody):
    """`delete_data`: also everything that Usher stores about the account; for good. `name` must then be its name."""

    delete_data: OnlyIfAsked = False
    name: Annotated[str, Field(json_schema_extra={"example": "Acme"})] = ""


class DisconnectedOut(Schema):
    """`to_do`: what a person still has to do, such as to delete the token in Asana."""

    id: int
    name: str
    data_is_deleted: bool
    to_do: list[str]


class VanishedAnswer(RequestBody):
    """`left`: whether the people who were gone at once really left."""

    left: bool


@router.post("/connections", response={201: ConnectionOut, 409: None})
def connect(request: HttpRequest, body: ConnectIn) -> Status[Record]:
    """Connects an account by a personal access token, and has a worker test it. Asana is asked whose it is first."""
    user = signed_in(request)
    require(user, Action.CONNECT)
    require_all_connections(user, Action.CONNECT)  # a new one is in nobody's limited scope
    token = _token_of(body, reverse("connections:connect"))
    settings = ConnectionSettings(body.name, body.mode, body.workspace_gid, body.service_token or "")
    with wrong_fields_named(CannotConnect):
        connection = connect_with_token(settings, token, actor_of(request))
    start_test(connection)
    return Status(201, connection_record(connection))


@router.post("/connections/{number}/reconnect", response={200: ConnectionOut, 404: None, 409: None})
def reconnect(request: HttpRequest, number: int, body: ReconnectIn) -> Record:
    """Gives it a new personal access token of the same account, and has a worker test it."""
    require(signed_in(request), Action.CONNECT)
    known = one_of_all(number)
    token = _token_of(body, reverse("connections:reconnect", args=[number]))
    with wrong_fields_named(CannotConnect):
        connection = connect_with_token(_settings_of(known, body), token, actor_of(request))
    start_test(connection)
    return connection_record(connection)


@router.patch("/connections/{number}", response={200: ConnectionOut, 404: None, 409: None})
def change_connection(request: HttpRequest, number: int, body: ConnectionChanges) -> Record:
    """Changes what is given, and has a worker test it. What stays the same is not recorded."""
    require(signed_in(request), Action.CONNECT)
    connection = connected_one(number)
    if body.service_token and body.forget_service_token:
        raise UnreadableRequest({"service_token": "Give a new token, or forget the old one, but not both."})
    with wrong_fields_named(CannotConnect):
        change(
            connection,
            _settings_of(connection, body),
            actor_of(request),
            keep_service_token=not (body.service_token or body.forget_service_token),
            sync_at=body.sync_at and body.sync_at.replace(tzinfo=None, second=0, microsecond=0),
            time_zone=body.time_zone or "",
            holiday_calendar=_calendar(body.holiday_calendar),
            requires_sso=body.requires_sso,
        )
    start_test(connection)
    return connection_record(one_of_all(number))


@router.post("/connections/{number}/disconnect", response={200: DisconnectedOut, 404: None, 409: None})
def disconnect_connection(request: HttpRequest, number: int, body: DisconnectIn) -> dict[str, object]:
    """Forgets its tokens, and ends its access at Asana where that is possible.

    Also deletes the data of an account that was disconnected before. Without an Idempotency-Key, a sync that runs is
    stopped first.
    """
    require(signed_in(request), Action.CONNECT)
    connection = one_of_all(number)
    name = connection.name
    if (body.delete_data or body.name) and body.name != name:
        raise UnreadableRequest({"name": "Give the name of the connection, so that no other loses its data."})
    result = disconnect(connection, actor_of(request), delete_data=body.delete_data)
    return {
        "id": number,
        "name": name,
        "data_is_deleted": result.data_is_deleted,
        "to_do": list(result.to_do),
    }


@router.post("/connections/{number}/answer", response={200: RunOut, 404: None, 409: None})
def answer(request: HttpRequest, number: int, body: VanishedAnswer) -> Record:
    """Answers a sync that found many people gone at once: the next one records that they left, or all are kept."""
    require(signed_in(request), Action.SYNC)
    connection = connected_one(number)
    check_asked(connection)
    actor = actor_of(request)
    if body.left:
        return run_record(start_sync(connection, SyncRun.Trigger.PERSON, accepted_by=actor))
    sync.decline(connection, actor)
    return run_record(connection.runs.select_related("connection")[0])


def _token_of(body: ConnectIn | ReconnectIn, page: str) -> str:
    if body.authorization == Connection.Authorization.OAUTH:
        raise NeedsBrowser(page)
    if body.token is None:
        raise UnreadableRequest({"token": "Give a personal access token of the account."})
    return body.token


def _settings_of(known: Connection, body: ReconnectIn | ConnectionChanges) -> ConnectionSettings:
    """What is not given stays as it is."""
    return ConnectionSettings(
        body.name or known.name,
        body.mode or Mode(known.mode),
        known.workspace_gid if body.workspace_gid is None else body.workspace_gid,
        body.service_token or "",
        reconnects=known,
    )


def _calendar(name: str | None) -> str | None:
    if name is None:
        return None
    country, _, region = name.partition("-")
    try:
        return calendar_of(country, region)
    except NoSuchCalendar as refused:
        raise UnreadableRequest({"holiday_calendar": f"{refused.message} {refused.remedy}"}) from refused
