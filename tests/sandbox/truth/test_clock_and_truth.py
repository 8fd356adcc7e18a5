from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from tests.sandbox.conftest import Client
from usher.sandbox import RunningSandbox

FIELDS = "is_active,is_admin,is_guest,is_view_only,created_at,user.name,user.email"


def _roster(asana: httpx.Client, workspace: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    path = f"/workspaces/{workspace}/workspace_memberships"
    for m in asana.get(path, params={"opt_fields": FIELDS}).json()["data"]:
        role = "admin" if m["is_admin"] else "guest" if m["is_guest"] else "member"
        licence = "view_only" if m["is_view_only"] else "guest" if m["is_guest"] else "member"
        status = "active" if m["is_active"] else "not_active"
        found[m["user"]["gid"]] = (role, licence, status, m["created_at"], m["user"].get("email"))
    return found


def _truth(sandbox: RunningSandbox, workspace: str) -> dict[str, tuple[str, ...]]:
    """As a client reads it over HTTP."""
    body = httpx.get(f"{sandbox.url}/-/sandbox/truth", params={"workspace": workspace}).json()
    return {
        m["user"]: (m["role"], m["licence"], m["status"], m["created_at"], m["email"])
        for m in body["workspaces"][0]["memberships"]
    }


def _set_clock(sandbox: RunningSandbox, now: datetime | None) -> None:
    order = {"now": None if now is None else now.isoformat()}
    assert httpx.post(f"{sandbox.url}/-/sandbox/clock", json=order).status_code == 200


def test_what_is_listed_is_the_truth_week_by_week(sandbox: RunningSandbox, as_token: Client) -> None:
    asana, workspace = as_token(sandbox), sandbox.company.workspaces[0].gid
    now = datetime(2025, 6, 2, tzinfo=UTC)
    rosters = []
    while now < datetime(2026, 11, 20, tzinfo=UTC):
        _set_clock(sandbox, now)
        rosters.append(_roster(asana, workspace))
        assert rosters[-1] == _truth(sandbox, workspace)
        now += timedelta(weeks=4)
    assert len(rosters[-1]) > len(rosters[0])
    assert any(set(before) - set(after) for before, after in pairwise(rosters))
    assert all(created <= f"{now:%Y-%m-%d}" for roster in rosters for _, _, _, created, _ in roster.values())


def test_the_clock_goes_back_to_real_time(sandbox: RunningSandbox) -> None:
    _set_clock(sandbox, datetime(2025, 6, 2, tzinfo=UTC))
    assert httpx.get(f"{sandbox.url}/-/sandbox").json()["now"] == "2025-06-02T00:00:00.000Z"
    _set_clock(sandbox, None)
    now = datetime.fromisoformat(httpx.get(f"{sandbox.url}/-/sandbox").json()["now"])
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)
    assert httpx.post(f"{sandbox.url}/-/sandbox/clock", json={"now": "soon"}).status_code == 400


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("leave", ("member", "member", "not_active")),
        ("guest", ("guest", "guest", "active")),
        ("admin", ("admin", "member", "active")),
        ("view_only", ("member", "view_only", "active")),
        ("member", ("member", "member", "active")),
    ],
)
def test_a_membership_is_changed_at_once(
    sandbox: RunningSandbox, as_token: Client, change: str, expected: tuple[str, ...]
) -> None:
    asana, workspace = as_token(sandbox), sandbox.company.workspaces[0].gid
    tomas = sandbox.company.gids.users.gid(1)
    before = _roster(asana, workspace)
    order = {"workspace": workspace, "user": tomas, "change": change}
    assert httpx.post(f"{sandbox.url}/-/sandbox/memberships", json=order).json() == {"changed": 1}
    after = _roster(asana, workspace)
    assert after[tomas][:3] == expected
    assert {gid for gid in before if before[gid] != after[gid]} <= {tomas}
    assert after == _truth(sandbox, workspace)


def test_one_who_vanished_is_kept_apart_in_the_truth_and_can_return(
    sandbox: RunningSandbox, as_token: Client
) -> None:
    asana, workspace = as_token(sandbox), sandbox.company.workspaces[0].gid
    tomas = sandbox.company.gids.users.gid(1)
    before = _roster(asana, workspace)
    sandbox.change(workspace, tomas, "vanish")
    assert set(before) - set(_roster(asana, workspace)) == {tomas}
    truth = httpx.get(f"{sandbox.url}/-/sandbox/truth").json()["workspaces"][0]
    assert tomas in {m["user"] for m in truth["vanished"]}
    sandbox.change(workspace, tomas, "return")
    assert _roster(asana, workspace) == before


def test_a_share_of_a_workspace_vanishes_but_never_the_accounts(
    sandbox: RunningSandbox, as_token: Client
) -> None:
    asana, workspace = as_token(sandbox), sandbox.company.workspaces[0].gid
    before = _roster(asana, workspace)
    order = {"workspace": workspace, "vanish_share": 0.2}
    changed = httpx.post(f"{sandbox.url}/-/sandbox/memberships", json=order).json()["changed"]
    after = _roster(asana, workspace)
    assert changed == round(len(before) * 0.2) == len(before) - len(after)
    accounts = {sandbox.company.gids.users.gid(a.person) for a in sandbox.company.accounts}
    assert accounts & set(before) <= set(after)


@pytest.mark.parametrize(
    "order",
    [
        {"workspace": "1", "user": "2", "change": "leave"},
        {"workspace": "main", "user": "2", "change": "leave"},
        {"workspace": "main", "user": "me", "change": "fly"},
        {"workspace": "main", "vanish_share": 1.5},
        {"workspace": "main"},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(sandbox: RunningSandbox, order: dict[str, str]) -> None:
    order = order | {"workspace": order["workspace"].replace("main", sandbox.company.workspaces[0].gid)}
    answer = httpx.post(f"{sandbox.url}/-/sandbox/memberships", json=order)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_it_tells_its_accounts_and_tokens(sandbox: RunningSandbox, as_token: Client) -> None:
    told = httpx.get(f"{sandbox.url}/-/sandbox").json()
    for account in told["accounts"]:
        for token in account["tokens"]:
            assert as_token(sandbox, token).get("/users/me").json()["data"]["gid"] == account["user"]
    assert {t for a in told["accounts"] for t in a["tokens"]} >= {
        "sandbox-pat-1",
        "sandbox-pat-2",
        "sandbox-service-1",
        "sandbox-service-noaudit",
    }


def test_requests_are_counted_by_route_and_status(sandbox: RunningSandbox, as_token: Client) -> None:
    asana = as_token(sandbox)
    asana.get("/users/me")
    asana.get("/workspaces", params={"limit": 0})
    stats = httpx.get(f"{sandbox.url}/-/sandbox/stats").json()
    assert stats["requests"] == 2
    assert stats["by_route"] == {"GET /users/{user_gid}": {"200": 1}, "GET /workspaces": {"400": 1}}
    httpx.post(f"{sandbox.url}/-/sandbox/reset-stats")
    assert httpx.get(f"{sandbox.url}/-/sandbox/stats").json()["requests"] == 0
