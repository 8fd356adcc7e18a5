"""Who may read audit log and stream, and in which pages and windows they come."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.conftest import Client
from tests.support.sandbox.reading import Event, audit_log, moment, stream, sync_token
from usher.sandbox import RunningSandbox

NOW = datetime(2026, 11, 24, 9, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def workspace(still_sandbox: RunningSandbox) -> str:
    return still_sandbox.company.workspaces[0].gid


@pytest.fixture
def service(still_sandbox: RunningSandbox, as_token: Client) -> httpx.Client:
    return as_token(still_sandbox, "sandbox-service-1")


@pytest.fixture(scope="session")
def events(still_sandbox: RunningSandbox, workspace: str) -> list[Event]:
    """What the log of the unchanging sandbox holds, up to an hour ago."""
    headers = {"Authorization": "Bearer sandbox-service-1"}
    until = datetime.now(UTC) - timedelta(hours=1)
    since = datetime.now(UTC) - timedelta(days=89)
    with httpx.Client(base_url=f"{still_sandbox.url}/api/1.0", headers=headers) as client:
        return audit_log(client, workspace, limit=100, start_at=since.isoformat(), end_at=until.isoformat())


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("sandbox-service-1", 200),
        ("sandbox-service-noaudit", 403),
        ("sandbox-service-2", 403),
        ("sandbox-pat-1", 403),
        ("sandbox-revoked", 401),
    ],
)
def test_only_a_service_account_with_the_permission_reads_it(
    still_sandbox: RunningSandbox, as_token: Client, workspace: str, token: str, status: int
) -> None:
    for read in ("audit_log_events", "events"):
        answer = as_token(still_sandbox, token).get(f"/workspaces/{workspace}/{read}")
        assert answer.status_code == (412 if status == 200 and read == "events" else status)


def test_it_gives_ninety_days_oldest_first_whatever_the_page(
    sandbox: RunningSandbox, as_token: Client
) -> None:
    service, workspace = as_token(sandbox, "sandbox-service-1"), sandbox.company.workspaces[0].gid
    sandbox.set_clock(NOW)
    events = audit_log(service, workspace, limit=100)
    assert [e["gid"] for e in audit_log(service, workspace, limit=37)] == [e["gid"] for e in events]
    assert [e["gid"] for e in audit_log(service, workspace)] == [e["gid"] for e in events]
    times = [event["created_at"] for event in events]
    assert times == sorted(times)
    assert NOW - timedelta(days=90) <= moment(events[0]) <= NOW - timedelta(days=89)
    assert NOW - timedelta(days=1) <= moment(events[-1]) <= NOW
    assert len({event["gid"] for event in events}) == len(events) > 1_000


def test_what_is_older_than_ninety_days_is_gone(sandbox: RunningSandbox, as_token: Client) -> None:
    service, workspace = as_token(sandbox, "sandbox-service-1"), sandbox.company.workspaces[0].gid
    sandbox.set_clock(NOW)
    before = audit_log(service, workspace, limit=100)
    sandbox.set_clock(NOW + timedelta(days=3, hours=5))
    after = audit_log(service, workspace, limit=100)
    gone_before = NOW + timedelta(days=3, hours=5) - timedelta(days=90)
    kept = [event for event in before if moment(event) >= gone_before]
    assert len(kept) < len(before)
    in_both = [event for event in after if moment(event) <= NOW - timedelta(hours=1)]
    assert in_both == [event for event in kept if moment(event) <= NOW - timedelta(hours=1)]
    long_ago = {"end_at": (NOW - timedelta(days=100)).isoformat()}
    answer = service.get(f"/workspaces/{workspace}/audit_log_events", params=long_ago)
    assert answer.json() == {"data": [], "next_page": None}


def test_the_next_page_comes_for_ever_once_something_matched(service: httpx.Client, workspace: str) -> None:
    path = f"/workspaces/{workspace}/audit_log_events"
    query = {"event_type": "custom_role_created", "limit": 100}
    body = service.get(path, params=query).json()
    assert body["data"]
    for _ in range(3):
        body = service.get(path, params=query | {"offset": body["next_page"]["offset"]}).json()
        assert body["next_page"]["offset"]
        assert body["data"] == []
    nothing = service.get(path, params={"event_type": "coffee_made"}).json()
    assert nothing == {"data": [], "next_page": None}


def test_an_offset_gives_what_came_since(sandbox: RunningSandbox, as_token: Client) -> None:
    service, workspace = as_token(sandbox, "sandbox-service-1"), sandbox.company.workspaces[0].gid
    path = f"/workspaces/{workspace}/audit_log_events"
    sandbox.set_clock(NOW)
    body = service.get(path).json()
    while body["data"]:
        offset = body["next_page"]["offset"]
        body = service.get(path, params={"offset": offset}).json()
    sandbox.set_clock(NOW + timedelta(hours=6))
    new = service.get(path, params={"offset": body["next_page"]["offset"]}).json()["data"]
    assert new
    assert all(NOW - timedelta(minutes=50) < moment(event) <= NOW + timedelta(hours=6) for event in new)


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_windows_are_half_open_and_add_up(
    service: httpx.Client, workspace: str, events: list[Event], data: st.DataObject
) -> None:
    """Cut at moments of events, between them, and within bursts."""
    first, last = moment(events[0]), moment(events[-1])
    cuts = st.one_of(
        st.sampled_from(events).map(moment),
        st.sampled_from(events).map(lambda e: moment(e) + timedelta(milliseconds=1)),
        st.datetimes(first.replace(tzinfo=None), last.replace(tzinfo=None)).map(
            lambda at: at.replace(tzinfo=UTC)
        ),
    )
    start, middle, end = sorted(data.draw(st.tuples(cuts, cuts, cuts)))
    end = min(end, start + timedelta(days=10))
    middle = min(middle, end)
    parts = [
        audit_log(service, workspace, limit=100, start_at=a.isoformat(), end_at=b.isoformat())
        for a, b in ((start, middle), (middle, end))
    ]
    expected = [e["gid"] for e in events if start <= moment(e) < end]
    assert [e["gid"] for part in parts for e in part] == expected
    assert all(moment(e) < middle for e in parts[0])


def test_bursts_of_the_same_millisecond_come_whole_over_page_ends(
    service: httpx.Client, workspace: str, events: list[Event]
) -> None:
    at, count = Counter(e["created_at"] for e in events).most_common(1)[0]
    assert count > 100
    burst = [e["gid"] for e in events if e["created_at"] == at]
    after = (datetime.fromisoformat(at) + timedelta(milliseconds=1)).isoformat()
    for limit in (7, 100):
        read = audit_log(service, workspace, limit=limit, start_at=at, end_at=after)
        assert [e["gid"] for e in read] == burst


def test_it_filters_by_type_actor_and_resource(
    service: httpx.Client, workspace: str, events: list[Event]
) -> None:
    until = {"start_at": events[0]["created_at"], "end_at": events[-1]["created_at"]}
    events = [e for e in events if e["created_at"] < events[-1]["created_at"]]

    def read(**query: str) -> list[str]:
        return [e["gid"] for e in audit_log(service, workspace, limit=100, **until, **query)]

    kinds = Counter(e["event_type"] for e in events)
    for kind in (kinds.most_common()[0][0], kinds.most_common()[-1][0]):
        assert read(event_type=kind) == [e["gid"] for e in events if e["event_type"] == kind]
    actors = Counter(e["actor"].get("gid") for e in events if "gid" in e["actor"])
    deleted = next(e["actor"]["gid"] for e in events if e["actor"].get("name", "") is None)
    for actor in (actors.most_common()[0][0], deleted):
        assert read(actor_gid=actor) == [e["gid"] for e in events if e["actor"].get("gid") == actor]
        both = [
            e["gid"]
            for e in events
            if e["actor"].get("gid") == actor and e["event_type"] == "attachment_downloaded"
        ]
        assert read(actor_gid=actor, event_type="attachment_downloaded") == both
    for kind in ("user", "asana", "asana_support", "anonymous", "external_administrator"):
        expected = [e["gid"] for e in events if e["actor"]["actor_type"] == kind]
        assert expected
        assert read(actor_type=kind) == expected
    for kind in ("user", "workspace", "attachment", "task", "project", "portfolio"):
        resource = next(
            e["resource"]["gid"] for e in reversed(events) if e["resource"]["resource_type"] == kind
        )
        expected = [e["gid"] for e in events if e["resource"]["gid"] == resource]
        assert read(resource_gid=resource) == expected
    assert read(resource_gid="12") == read(actor_gid="12") == []


@pytest.mark.parametrize(
    "query", [{"start_at": "yesterday"}, {"end_at": "12"}, {"actor_type": "robot"}, {"limit": 0}]
)
def test_a_question_that_makes_no_sense_is_refused(
    service: httpx.Client, workspace: str, query: dict[str, str]
) -> None:
    assert service.get(f"/workspaces/{workspace}/audit_log_events", params=query).status_code == 400


def test_late_events_are_not_shown_before_they_arrive(sandbox: RunningSandbox, as_token: Client) -> None:
    service, workspace = as_token(sandbox, "sandbox-service-1"), sandbox.company.workspaces[0].gid
    seen_at: dict[str, datetime] = {}
    created: dict[str, datetime] = {}
    now = start = NOW - timedelta(days=1)
    while now < start + timedelta(hours=14):
        sandbox.set_clock(now)
        for event in audit_log(service, workspace, start_at=(now - timedelta(hours=2)).isoformat()):
            seen_at.setdefault(event["gid"], now)
            created[event["gid"]] = moment(event)
        now += timedelta(minutes=5)
    delays = {gid: seen_at[gid] - at for gid, at in created.items() if at >= start}
    assert all(timedelta(0) <= delay <= timedelta(minutes=55) for delay in delays.values())
    late = [gid for gid, delay in delays.items() if delay > timedelta(minutes=5)]
    assert 0 < len(late) < len(delays) / 10


def test_the_stream_starts_with_412(service: httpx.Client, workspace: str) -> None:
    path = f"/workspaces/{workspace}/events"
    first = service.get(path)
    assert first.status_code == 412
    assert first.json()["errors"][0]["message"].startswith("Sync token invalid or too old.")
    answer = service.get(path, params={"sync": first.json()["sync"]})
    assert answer.status_code == 200
    assert answer.json()["has_more"] is False
    for forged in ("forged", "00" * 20, first.json()["sync"][:-2] + "ff"):
        assert service.get(path, params={"sync": forged}).status_code == 412


def test_a_sync_token_gives_the_same_events_again_within_a_day(
    sandbox: RunningSandbox, as_token: Client
) -> None:
    service, workspace = as_token(sandbox, "sandbox-service-1"), sandbox.company.workspaces[0].gid
    sandbox.set_clock(NOW)
    token = sync_token(service, workspace)
    sandbox.set_clock(NOW + timedelta(hours=6))
    once, next_token = stream(service, workspace, token)
    again, _ = stream(service, workspace, token)
    assert once == again
    assert len(once) > 50
    assert stream(service, workspace, next_token)[0] == []
    sandbox.set_clock(NOW + timedelta(hours=23))
    later, _ = stream(service, workspace, token)
    assert later[: len(once)] == once
    assert later[len(once) :] == stream(service, workspace, next_token)[0]


def test_small_steps_and_one_large_step_give_the_same_stream(
    sandbox: RunningSandbox, as_token: Client
) -> None:
    service, workspace = as_token(sandbox, "sandbox-service-1"), sandbox.company.workspaces[0].gid
    sandbox.set_clock(NOW)
    first = token = sync_token(service, workspace)
    in_steps: list[Event] = []
    for minutes in range(0, 20 * 60, 7):
        sandbox.set_clock(NOW + timedelta(minutes=minutes))
        found, token = stream(service, workspace, token)
        assert all(moment(e) <= NOW + timedelta(minutes=minutes) for e in found)
        in_steps += found
    assert in_steps == stream(service, workspace, first)[0]


def test_a_token_gives_a_thousand_events_at_most(sandbox_of_many: RunningSandbox, as_token: Client) -> None:
    service = as_token(sandbox_of_many, "sandbox-service-1")
    workspace = sandbox_of_many.company.workspaces[0].gid
    sandbox_of_many.set_clock(NOW)
    path = f"/workspaces/{workspace}/events"
    token = sync_token(service, workspace)
    sandbox_of_many.set_clock(NOW + timedelta(hours=20))
    body = service.get(path, params={"sync": token}).json()
    assert body["has_more"] is True
    assert len(body["data"]) == 1_000
    events = list(body["data"])
    while body["has_more"]:
        body = service.get(path, params={"sync": body["sync"]}).json()
        events += body["data"]
    assert len(events) > 2_000
    assert events == stream(service, workspace, token)[0]


def test_a_sync_token_is_too_old_after_a_day_or_when_told(sandbox: RunningSandbox, as_token: Client) -> None:
    service = as_token(sandbox, "sandbox-service-1")
    path = f"/workspaces/{sandbox.company.workspaces[0].gid}/events"
    sandbox.set_clock(NOW)
    token = service.get(path).json()["sync"]
    sandbox.set_clock(NOW + timedelta(hours=24))
    assert service.get(path, params={"sync": token}).status_code == 200
    sandbox.set_clock(NOW + timedelta(hours=24, seconds=1))
    refused = service.get(path, params={"sync": token})
    assert refused.status_code == 412
    token = refused.json()["sync"]
    assert service.get(path, params={"sync": token}).status_code == 200
    assert httpx.post(f"{sandbox.url}/-/sandbox/faults", json={"expire_streams": True}).status_code == 200
    refused = service.get(path, params={"sync": token})
    assert refused.status_code == 412
    assert service.get(path, params={"sync": refused.json()["sync"]}).status_code == 200
