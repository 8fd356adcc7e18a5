from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.sandbox.conftest import Client
from usher.sandbox import RunningSandbox


@pytest.fixture
def path(still_sandbox: RunningSandbox) -> str:
    return f"/workspaces/{still_sandbox.company.workspaces[0].gid}/audit_log_events"


@pytest.fixture
def service(still_sandbox: RunningSandbox, as_token: Client) -> httpx.Client:
    return as_token(still_sandbox, "sandbox-service-1")


def _walk(service: httpx.Client, path: str, **query: str | int) -> list[dict[str, str]]:
    """To the first empty page, which is the end."""
    found: list[dict[str, str]] = []
    while True:
        body = service.get(path, params=query).json()
        if not body["data"]:
            return found
        found += body["data"]
        query["offset"] = body["next_page"]["offset"]


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
    still_sandbox: RunningSandbox, as_token: Client, path: str, token: str, status: int
) -> None:
    for read in (path, path.replace("audit_log_events", "events")):
        answer = as_token(still_sandbox, token).get(read)
        assert answer.status_code == (412 if status == 200 and read.endswith("/events") else status)


def test_it_gives_ninety_days_oldest_first_whatever_the_page(service: httpx.Client, path: str) -> None:
    events = _walk(service, path, limit=100)
    assert [e["gid"] for e in _walk(service, path, limit=37)] == [e["gid"] for e in events]
    times = [event["created_at"] for event in events]
    assert times == sorted(times)
    oldest = datetime.now(UTC) - timedelta(days=90)
    assert oldest <= datetime.fromisoformat(times[0]) <= oldest + timedelta(days=10)
    assert {"user_login_succeeded", "user_invited"} <= {event["event_type"] for event in events}
    assert len({event["gid"] for event in events}) == len(events) > 100


def test_the_next_page_comes_for_ever_once_something_matched(service: httpx.Client, path: str) -> None:
    body = service.get(path).json()
    for _ in range(3):
        body = service.get(path, params={"offset": body["next_page"]["offset"]}).json()
        assert body["next_page"]["offset"]
    assert body["data"] == []
    nothing = service.get(path, params={"event_type": "team_created"}).json()
    assert nothing == {"data": [], "next_page": None}


def test_windows_are_half_open_and_add_up(service: httpx.Client, path: str) -> None:
    events = _walk(service, path, limit=100)
    middle = events[len(events) // 2]["created_at"]
    before, after = (
        _walk(service, path, limit=100, end_at=middle),
        _walk(service, path, limit=100, start_at=middle),
    )
    assert [e["gid"] for e in before + after] == [e["gid"] for e in events]
    assert after[0]["created_at"] == middle
    assert service.get(path, params={"start_at": "yesterday"}).status_code == 400


def test_it_filters_by_type_and_person(service: httpx.Client, path: str) -> None:
    sign_ins = _walk(service, path, limit=100, event_type="user_login_succeeded")
    actor = sign_ins[0]["actor"]["gid"]  # type: ignore[index]
    own = _walk(service, path, limit=100, event_type="user_login_succeeded", actor_gid=actor)
    assert 0 < len(own) < len(sign_ins)
    assert {event["actor"]["gid"] for event in own} == {actor}  # type: ignore[index]


def test_the_stream_starts_with_412_and_then_has_nothing(service: httpx.Client, path: str) -> None:
    stream = path.replace("audit_log_events", "events")
    first = service.get(stream)
    assert first.status_code == 412
    assert first.json()["errors"][0]["message"].startswith("Sync token invalid or too old.")
    answer = service.get(stream, params={"sync": first.json()["sync"]})
    assert answer.status_code == 200
    assert answer.json()["data"] == []
    assert answer.json()["has_more"] is False
    assert service.get(stream, params={"sync": "forged"}).status_code == 412


def test_a_sync_token_is_too_old_after_a_day(sandbox: RunningSandbox, as_token: Client) -> None:
    service = as_token(sandbox, "sandbox-service-1")
    stream = f"/workspaces/{sandbox.company.workspaces[0].gid}/events"
    start = datetime(2026, 9, 1, tzinfo=UTC)
    sandbox.set_clock(start)
    token = service.get(stream).json()["sync"]
    sandbox.set_clock(start + timedelta(hours=23))
    assert service.get(stream, params={"sync": token}).status_code == 200
    sandbox.set_clock(start + timedelta(hours=25))
    assert service.get(stream, params={"sync": token}).status_code == 412
