"""Connections in the REST API: how they are, their tests and their syncs."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.connections.jobs import start_sync, start_test
from usher.connections.models import Connection, ConnectionTest, SyncRun, with_open_runs
from usher.rest.listing import ListedItem, Listing, Record
from usher.rest.pages import PagedItems
from usher.rest.parameters import NUMBER, parameter
from usher.rest.single import single
from usher.web.csv_export import iso
from usher.web.lists import parse_id
from usher.web.refused.problems import NoSuchThing, UnreadableRequest

router = Router(tags=["Connections"], auth=PersonalToken())


class ConnectionOut(ListedItem):
    """`mode`: `read`, or `act` for one that may also remove people. `sync_at`: of the daily sync, in its time zone.
    `problem` and `remedy`: what needs attention, and what to do; null where nothing does.
    """

    id: int
    name: str
    mode: str
    authorization: str
    workspace_gid: str
    asana_user_gid: str
    asana_user_name: str
    asana_user_email: str
    has_service_token: bool
    sync_at: str
    time_zone: str
    holiday_calendar: str
    requires_sso: bool
    state: str
    last_synced_at: str | None
    next_sync_at: str | None
    disconnected_at: str | None
    problem: str | None
    remedy: str | None


class RunOut(ListedItem):
    """One sync. Moments are in UTC."""

    id: int
    connection: str
    state: str
    trigger: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    requests: int
    retries: int
    memberships: int
    events: int
    joined: int
    left: int
    changed: int
    error: str | None
    remedy: str | None


class CheckOut(Schema):
    key: str
    label: str
    outcome: str
    detail: str
    remedy: str


class TestOut(Schema):
    """One Test Connection. `finished_at` is null while it goes on."""

    id: int
    connection: str
    started_at: str
    finished_at: str | None
    checks: list[CheckOut]


def connection_record(one: Connection) -> Record:
    return {
        "id": one.pk,
        "name": one.name,
        "mode": one.mode,
        "authorization": one.authorization,
        "workspace_gid": one.workspace_gid,
        "asana_user_gid": one.asana_user_gid,
        "asana_user_name": one.asana_user_name,
        "asana_user_email": one.asana_user_email,
        "has_service_token": one.has_service_token,
        "sync_at": str(one.sync_at)[:5],
        "time_zone": one.time_zone,
        "holiday_calendar": one.holiday_calendar,
        "requires_sso": one.requires_sso,
        "state": one.state.value,
        "last_synced_at": iso(one.last_synced_at),
        "next_sync_at": iso(one.next_sync_at),
        "disconnected_at": iso(one.disconnected_at),
        "problem": one.problem or None,
        "remedy": one.problem_remedy or None,
    }


def run_record(run: SyncRun) -> Record:
    return {
        "id": run.pk,
        "connection": run.connection.name,
        "state": run.state,
        "trigger": run.trigger,
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "requests": run.requests,
        "retries": run.retries,
        "memberships": run.memberships,
        "events": run.events,
        "joined": run.joined,
        "left": run.left,
        "changed": run.changed,
        "error": run.error or None,
        "remedy": run.remedy or None,
    }


def _test_record(test: ConnectionTest) -> dict[str, object]:
    return {
        "id": test.pk,
        "connection": test.connection.name,
        "started_at": iso(test.started_at),
        "finished_at": iso(test.finished_at),
        "checks": test.checks,
    }


CONNECTIONS = Listing("connections", ConnectionOut, connection_record, {"id": "pk", "name": "name"})
RUNS = Listing("runs", RunOut, run_record, more=[parameter("connection", NUMBER, "Of this connection.")])


@router.get("/connections", response=PagedItems[ConnectionOut], openapi_extra=CONNECTIONS.described)
def list_connections(request: HttpRequest) -> HttpResponseBase:
    """Also those that were disconnected."""
    require(signed_in(request), Action.READ)
    return CONNECTIONS.answer(request, with_open_runs(Connection.objects.all()))


@router.get("/connections/{number}", response={200: ConnectionOut, 404: None})
def one_connection(request: HttpRequest, number: int) -> Record:
    require(signed_in(request), Action.READ)
    return connection_record(one_of_all(number))


@router.post("/connections/{number}/sync", response={202: RunOut, 404: None})
def sync_connection(request: HttpRequest, number: int) -> Status[Record]:
    """Has a worker sync it now. A sync that waits or runs already is the answer, too."""
    require(signed_in(request), Action.SYNC)
    run = start_sync(connected_one(number), SyncRun.Trigger.PERSON)
    return Status(202, run_record(run))


@router.post("/connections/{number}/test", response={202: TestOut, 404: None})
def test_connection(request: HttpRequest, number: int) -> Status[dict[str, object]]:
    """Has a worker test it. What each check says comes with GET, one after the other."""
    require(signed_in(request), Action.SYNC)
    return Status(202, _test_record(start_test(connected_one(number))))


@router.get("/connections/{number}/test", response={200: TestOut, 404: None})
def newest_test(request: HttpRequest, number: int) -> dict[str, object]:
    """The newest test."""
    require(signed_in(request), Action.READ)
    test = one_of_all(number).tests.select_related("connection").first()
    if test is None:
        raise NoSuchThing("This connection was never tested.", "POST to the same address tests it.")
    return _test_record(test)


@router.get("/runs", response=PagedItems[RunOut], openapi_extra=RUNS.described)
def list_runs(request: HttpRequest) -> HttpResponseBase:
    """Syncs, oldest first; `sort=-id` begins with the newest."""
    require(signed_in(request), Action.READ)
    runs = SyncRun.objects.select_related("connection")
    if "connection" in request.GET:
        key = parse_id(request.GET["connection"])
        if key is None:
            raise UnreadableRequest({"connection": "The number of a connection."})
        runs = runs.filter(connection=key)
    return RUNS.answer(request, runs)


@router.get("/runs/{number}", response={200: RunOut, 404: None})
def one_run(request: HttpRequest, number: int) -> Record:
    require(signed_in(request), Action.READ)
    run = single(SyncRun.objects.select_related("connection"), number, "run", "runs")
    return run_record(run)


def one_of_all(number: int) -> Connection:
    return single(Connection.objects.all(), number, "connection", "connections")


def connected_one(number: int) -> Connection:
    found = one_of_all(number)
    if not found.is_connected:
        raise NoSuchThing(f"{found.name} was disconnected.", "Connect it again under Integrations.")
    return found
