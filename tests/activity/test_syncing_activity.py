"""A sync that reads what people do: what it costs, what it says when it may not, and what one failure leaves."""

import asyncio
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection as database
from django.db import connections, models
from pytest_django import Settings
from starlette.responses import Response

from tests.support.activity.small_log import make_organization
from tests.support.activity.syncing import connect, run_at, sync_at
from tests.support.asana.scripted_asana import RunningServer, Seen, refusal
from usher.activity.ingest.store import touch
from usher.activity.models import (
    ActiveDay,
    AuditEvent,
    Coverage,
    EvidenceSource,
    PeriodUse,
    PersonUsage,
    Session,
    StreamCursor,
    Touched,
    UsageState,
)
from usher.activity.sync_stage import bring_all_up_to_date, poll_streams
from usher.activity.usage.compute import bring_up_to_date, rebuild
from usher.connections import sync
from usher.connections.models import Connection, Credentials, SyncRun
from usher.platform.database import session_params
from usher.roster.models import Membership, Workspace
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def office(settings: Settings) -> Iterator[RunningSandbox]:
    with running(people=40, seed=5, per_minute=0, now=NOW) as box:
        settings.USHER_ASANA_URL = box.url
        yield box


def digest() -> dict[str, str]:
    """Of everything computed, without the keys of rows."""
    found = {}
    for model in (Session, ActiveDay, PersonUsage, PeriodUse):
        names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
        rows = sorted(map(str, model.objects.values_list(*names)))
        assert rows
        found[model.__name__] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def test_a_rebuild_gives_the_same_figures_as_day_after_day(office: RunningSandbox) -> None:
    connection = connect("Asia/Kolkata")
    for days in range(3):
        office.set_clock(NOW + days * DAY)
        sync_at(connection, NOW + days * DAY)
        asyncio.run(poll_streams())
    bring_all_up_to_date()
    sync_at(connection, NOW + 2 * DAY)
    before = digest()
    rebuild(connection, datetime(2026, 11, 22, tzinfo=UTC).date())
    assert digest() == before
    assert not Touched.objects.exists()


def test_a_daily_sync_asks_asana_little(office: RunningSandbox) -> None:
    connection = connect()
    sync_at(connection, NOW)
    office.set_clock(NOW + DAY)
    office.reset_stats()
    sync_at(connection, NOW + DAY)
    routes = {route: sum(counts.values()) for route, counts in office.stats()["by_route"].items()}
    usage = {route: count for route, count in routes.items() if "events" in route}
    assert len(usage) == 2
    assert sum(usage.values()) <= 20, usage
    run = connection.runs.latest("pk")
    assert run.events > 0
    assert run.requests == office.stats()["requests"]


def test_a_service_account_without_the_permission_syncs_people_and_says_why_the_log_is_not_read(
    office: RunningSandbox,
) -> None:
    connection = connect(service_token="sandbox-service-noaudit")
    sync_at(connection, NOW)
    assert Membership.objects.exists()
    assert not AuditEvent.objects.exists()
    state = UsageState.objects.get()
    assert "Halvorsen & Brook" in state.problem
    assert "permission" in state.problem
    assert connection.problem == ""
    Credentials.objects.update(service_token="sandbox-service-1")
    sync_at(connection, NOW)
    assert UsageState.objects.get().problem == ""
    assert AuditEvent.objects.exists()


def test_a_revoked_service_token_asks_for_attention_and_the_people_are_up_to_date(
    office: RunningSandbox,
) -> None:
    connection = connect()
    sync_at(connection, NOW)
    events = AuditEvent.objects.count()
    Credentials.objects.update(service_token="sandbox-revoked")
    office.set_clock(NOW + DAY)
    run = run_at(connection, NOW + DAY)
    assert run.state == SyncRun.State.FAILED
    assert "service-account token" in run.error
    assert connection.problem_kind == "service_token"
    assert AuditEvent.objects.count() == events
    assert UsageState.objects.get().as_of == (NOW + DAY).date(), "what is known is as of today all the same"
    Credentials.objects.update(service_token="sandbox-service-1")
    sync_at(connection, NOW + DAY)
    assert connection.problem == ""
    assert AuditEvent.objects.count() > events
    [span] = Coverage.objects.filter(source=EvidenceSource.AUDIT)
    assert (span.begins_at, span.ends_at) == (NOW - 90 * DAY, NOW + DAY)


def test_the_log_of_one_organization_that_cannot_be_read_leaves_the_others_read(settings: Settings) -> None:
    with (
        running(people=24, equal_workspaces=3, per_minute=0, now=NOW) as box,
        RunningServer() as server,
        httpx.Client(base_url=box.url) as way,
    ):
        settings.USHER_ASANA_URL = box.url
        connection = connect()
        sync_at(connection, NOW)
        first, *others = Workspace.objects.filter(is_organization=True).order_by("pk")
        settings.USHER_ASANA_URL = server.url
        server.always = lambda seen: through(way, first, seen)
        box.set_clock(NOW + DAY)
        run = run_at(connection, NOW + DAY)
    assert run.state == SyncRun.State.FAILED
    ends = dict(Coverage.objects.filter(source=EvidenceSource.AUDIT).values_list("workspace", "ends_at"))
    assert ends == {first.pk: NOW, **{other.pk: NOW + DAY for other in others}}
    streams = dict(StreamCursor.objects.values_list("workspace", "polled_at"))
    assert streams == {first.pk: NOW, **{other.pk: NOW + DAY for other in others}}


def through(way: httpx.Client, broken: Workspace, seen: Seen) -> Response:
    """The sandbox, but for the events of one workspace."""
    if f"/workspaces/{broken.gid}/" in seen.path and "events" in seen.path:
        return refusal(400, "Something here is not right.")
    headers = {"authorization": seen.headers["authorization"]}
    answer = way.get(seen.path, params=seen.query, headers=headers)
    return Response(answer.content, answer.status_code, media_type="application/json")


def test_a_sync_and_the_job_that_polls_do_not_disturb_each_other(office: RunningSandbox) -> None:
    connection = connect()
    sync_at(connection, NOW)
    office.set_clock(NOW + timedelta(hours=5))

    async def both() -> None:
        run = await sync_to_async(sync.request_run)(connection, SyncRun.Trigger.SCHEDULE)
        await asyncio.gather(
            sync.perform(run.pk, now=lambda: NOW + timedelta(hours=5)),
            *(poll_streams() for _ in range(4)),
        )

    asyncio.run(both())
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT user_gid, at, count(*) FROM activity_streamevent GROUP BY 1, 2 HAVING count(*) > 1"
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM activity_streamevent")
        assert cursor.fetchone()[0] > 0


def test_recomputing_at_the_same_time_in_two_processes_gives_what_one_gives(office: RunningSandbox) -> None:
    connection = connect()
    sync_at(connection, NOW)
    before = digest()
    touch_everyone(connection)

    def compute(number: int) -> None:
        if number < 3:
            bring_up_to_date_elsewhere(connection)
            return
        try:
            rebuild(connection, NOW.date())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(compute, range(4)))
    bring_up_to_date(connection, NOW.date())
    assert digest() == before


def test_people_whom_the_session_of_a_killed_process_still_holds_are_computed_when_it_ends(
    office: RunningSandbox,
) -> None:
    connection = connect()
    sync_at(connection, NOW)
    before = digest()
    touch_everyone(connection)
    with psycopg.connect(**session_params()) as killed, ThreadPoolExecutor(1) as pool:
        killed.execute("DELETE FROM activity_touched WHERE user_gid <> ''")
        Session.objects.all().delete()
        computed = pool.submit(bring_up_to_date_elsewhere, connection)
        with pytest.raises(TimeoutError):
            computed.result(timeout=0.3)
        killed.rollback()
        assert computed.result(timeout=20) == PersonUsage.objects.filter(as_of=NOW.date()).count()
    assert digest() == before


def bring_up_to_date_elsewhere(connection: Connection) -> int:
    try:
        return bring_up_to_date(connection, NOW.date())
    finally:
        connections.close_all()


def touch_everyone(connection: Connection) -> None:
    spans = AuditEvent.objects.filter(connection_id=connection.pk, use__gt=0).values_list("actor_gid")
    spans = spans.annotate(first=models.Min("created_at"), last=models.Max("created_at"))
    touch([(connection.pk, gid, first, last) for gid, first, last in spans])


def test_a_time_zone_that_was_changed_during_the_sync_counts(office: RunningSandbox) -> None:
    connection = connect("UTC")
    stale = Connection.objects.get(pk=connection.pk)
    sync_at(connection, NOW)
    run = SyncRun.objects.create(connection=stale, trigger=SyncRun.Trigger.SCHEDULE)
    asyncio.run(sync.perform(run.pk, now=lambda: NOW, on_progress=lambda _: zone_changes(connection)))
    assert UsageState.objects.get().time_zone == "America/New_York"


def zone_changes(connection: Connection) -> None:
    def change() -> None:
        Connection.objects.filter(pk=connection.pk).update(time_zone="America/New_York")
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(change).result()


def test_a_connection_whose_token_cannot_be_read_does_not_keep_the_streams_of_others_from_being_read(
    office: RunningSandbox,
) -> None:
    unreadable = make_organization("Broken").connection
    Credentials.objects.create(connection=unreadable, access_token="x", service_token="y")
    with database.cursor() as cursor:
        cursor.execute("UPDATE connections_credentials SET service_token = 'of another key'")
    connect()
    Workspace.objects.create(
        connection=Connection.objects.get(name="Acme"), gid=gid_of(office), name="H", is_organization=True
    )
    asyncio.run(poll_streams())
    assert StreamCursor.objects.get().workspace.name == "H"


def gid_of(office: RunningSandbox) -> str:
    return next(w["gid"] for w in office.describe()["workspaces"] if w["name"] == "Halvorsen & Brook")


def test_a_service_token_that_is_refused_between_two_syncs_asks_for_attention_at_once(
    office: RunningSandbox,
) -> None:
    connection = connect()
    sync_at(connection, NOW)
    Credentials.objects.update(service_token="sandbox-revoked")
    asyncio.run(poll_streams())
    connection.refresh_from_db()
    assert connection.problem_kind == "service_token"
    assert "service-account token" in connection.problem
    assert "Change" in connection.problem_remedy
