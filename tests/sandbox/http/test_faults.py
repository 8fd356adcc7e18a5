import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.sandbox.conftest import Client
from usher.sandbox import RunningSandbox

ALL_KINDS = ["429", "500", "502", "503", "504", "reset", "truncate-body", "broken-json"]


def _with(fault: str) -> dict[str, str]:
    return {"X-Sandbox-Fault": fault}


@pytest.mark.parametrize("status", [401, 402, 403, 404, 429, 500, 502, 503, 504])
def test_a_status_on_demand(asana: httpx.Client, status: int) -> None:
    for fault in (f"status={status}", str(status)):
        answer = asana.get("/users/me", headers=_with(fault))
        assert answer.status_code == status
        assert answer.json()["errors"]
        assert ("retry-after" in answer.headers) == (status == 429)
    assert ("phrase" in answer.json()["errors"][0]) == (status == 500)


def test_a_reset_ends_the_connection_in_the_middle_of_an_answer(asana: httpx.Client) -> None:
    with pytest.raises(httpx.ReadError):
        asana.get("/users/me", headers=_with("reset"))
    assert asana.get("/users/me").status_code == 200


def test_a_reset_is_one_for_the_operating_system(still_sandbox: RunningSandbox) -> None:
    parts = urlsplit(still_sandbox.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(
            b"GET /api/1.0/users/me HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer sandbox-pat-1\r\n"
            b"X-Sandbox-Fault: reset\r\n\r\n"
        )
        with pytest.raises(ConnectionResetError):
            while connection.recv(65_536):
                pass


def test_a_truncated_body_is_shorter_than_it_says(asana: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        asana.get("/users/me", headers=_with("truncate-body"))


def test_broken_json_comes_whole_and_cannot_be_read(asana: httpx.Client) -> None:
    answer = asana.get("/users/me", headers=_with("broken-json"))
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()


def test_latency_on_demand(asana: httpx.Client) -> None:
    started = time.perf_counter()
    assert asana.get("/users/me", headers=_with("latency=0.3")).status_code == 200
    assert 0.3 <= time.perf_counter() - started < 0.6


def test_expired_tokens_and_offsets_on_demand(asana: httpx.Client) -> None:
    answer = asana.get("/users/me", headers=_with("expired-token"))
    assert answer.status_code == 401
    assert "The bearer token has expired" in answer.text
    first = asana.get("/users", params={"limit": 5}, headers=_with("expired-offset"))
    assert first.status_code == 200, "a call without an offset has none that could expire"
    query = {"limit": 5, "offset": first.json()["next_page"]["offset"]}
    answer = asana.get("/users", params=query, headers=_with("expired-offset"))
    assert answer.status_code == 400
    assert "Your pagination token has expired" in answer.text


def test_a_list_too_large_to_come_whole_says_so(asana: httpx.Client) -> None:
    answer = asana.get("/users", headers=_with("truncated-list"))
    assert answer.status_code == 400
    assert "truncated" in answer.text


@pytest.mark.parametrize("fault", ["nonsense", "status=200", "status=abc", "latency=-1"])
def test_a_fault_that_there_is_not_is_refused(asana: httpx.Client, fault: str) -> None:
    answer = asana.get("/users/me", headers=_with(fault))
    assert answer.status_code == 400
    assert "X-Sandbox-Fault" in answer.text


@pytest.mark.parametrize("kind", ["500", "429", "reset", "truncate-body", "broken-json"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_fails_before_or_after_it_took_effect(
    sandbox: RunningSandbox, as_token: Client, kind: str, when: str
) -> None:
    asana, gid = as_token(sandbox), sandbox.company.workspaces[0].gid
    body = {"data": {"user": "tomas.brook@halvorsen-brook.example"}}
    try:
        answer = asana.post(f"/workspaces/{gid}/removeUser", json=body, headers=_with(f"{kind};{when}"))
        assert kind in ("500", "429", "broken-json")
        assert answer.status_code == (200 if kind == "broken-json" else int(kind))
    except httpx.TransportError:
        assert kind in ("reset", "truncate-body")
    tomas = sandbox.company.people[1]
    membership = sandbox.company.membership_of(tomas, sandbox.company.workspaces[0])
    assert membership is not None
    assert membership.is_active(time.time()) == (when == "before")


def _outcomes(asana: httpx.Client, calls: int) -> list[str]:
    found: list[str] = []
    for _ in range(calls):
        try:
            answer = asana.get("/users/me")
            answer.json()
            found.append(str(answer.status_code))
        except httpx.TransportError as error:
            found.append(type(error).__name__)
        except ValueError:
            found.append("broken")
    return found


def test_a_share_of_faults_is_the_same_for_the_same_seed(sandbox: RunningSandbox, as_token: Client) -> None:
    asana = as_token(sandbox)
    sandbox.post_faults(share=0.3, kinds=ALL_KINDS, seed=1)
    first = _outcomes(asana, 100)
    sandbox.post_faults(share=0.3, kinds=ALL_KINDS, seed=1)
    assert _outcomes(asana, 100) == first
    assert 15 <= sum(outcome != "200" for outcome in first) <= 45
    assert {"429", "500", "503", "ReadError", "RemoteProtocolError", "broken"} <= set(first)
    sandbox.post_faults(share=0)
    assert set(_outcomes(asana, 20)) == {"200"}


def test_faults_are_ordered_over_http(sandbox: RunningSandbox, as_token: Client) -> None:
    asana = as_token(sandbox)
    order = {"share": 1, "kinds": ["429"], "retry_after": 9}
    assert httpx.post(f"{sandbox.url}/-/sandbox/faults", json=order).status_code == 200
    assert asana.get("/users/me").headers["retry-after"] == "9"
    assert httpx.post(f"{sandbox.url}/-/sandbox/faults", json={"share": 0}).status_code == 200
    assert asana.get("/users/me").status_code == 200
    for wrong in ({"share": 2, "kinds": ["429"]}, {"share": 0.1, "kinds": ["flood"]}, {"share": 0.1}):
        assert httpx.post(f"{sandbox.url}/-/sandbox/faults", json=wrong).status_code == 400
