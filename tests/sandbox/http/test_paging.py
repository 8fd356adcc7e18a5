import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.conftest import TODAY, Client
from usher.sandbox import RunningSandbox, running


def _walk(asana: httpx.Client, path: str, **query: str | int) -> list[str]:
    found: list[str] = []
    offset: dict[str, str] = {}
    while True:
        answer = asana.get(path, params={**query, **offset})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += [item["gid"] for item in body["data"]]
        if body["next_page"] is None:
            return found
        assert len(body["data"]) == query["limit"]
        offset = {"offset": body["next_page"]["offset"]}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 100))
def test_any_limit_gives_every_membership_exactly_once(
    asana: httpx.Client, still_sandbox: RunningSandbox, limit: int
) -> None:
    workspace = still_sandbox.company.workspaces[0].gid
    path = f"/workspaces/{workspace}/workspace_memberships"
    found = _walk(asana, path, limit=limit)
    assert found == [item["gid"] for item in asana.get(path).json()["data"]]
    assert len(set(found)) == len(found) > 90


@pytest.mark.parametrize(
    "path", ["/users", "/workspaces", "/workspaces/{w}/teams", "/workspaces/{w}/projects"]
)
def test_other_lists_page_the_same_way(asana: httpx.Client, still_sandbox: RunningSandbox, path: str) -> None:
    path = path.format(w=still_sandbox.company.workspaces[0].gid)
    assert _walk(asana, path, limit=2) == [item["gid"] for item in asana.get(path).json()["data"]]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", "٣"])
def test_limits_outside_one_to_a_hundred_are_refused(asana: httpx.Client, limit: str) -> None:
    answer = asana.get("/workspaces", params={"limit": limit})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("limit:")


def test_people_who_come_and_go_between_two_pages_shift_nobody(
    sandbox: RunningSandbox, as_token: Client
) -> None:
    asana, workspace = as_token(sandbox), sandbox.company.workspaces[0].gid
    path = f"/workspaces/{workspace}/workspace_memberships"
    before = [m["user"]["gid"] for m in asana.get(path).json()["data"]]
    first = asana.get(path, params={"limit": 10}).json()
    sandbox.change(workspace, before[3], "vanish")
    rest = asana.get(path, params={"limit": 100, "offset": first["next_page"]["offset"]}).json()
    assert [m["user"]["gid"] for m in first["data"] + rest["data"]] == before


def test_an_offset_fits_only_its_own_list(asana: httpx.Client, still_sandbox: RunningSandbox) -> None:
    workspace = still_sandbox.company.workspaces[0].gid
    offset = asana.get("/users", params={"limit": 2}).json()["next_page"]["offset"]
    for path in ("/workspaces", f"/workspaces/{workspace}/workspace_memberships"):
        answer = asana.get(path, params={"limit": 2, "offset": offset})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"] == "offset: Your pagination token is invalid."


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offset=st.text(min_size=1, max_size=60))
def test_made_up_offsets_are_refused(asana: httpx.Client, offset: str) -> None:
    answer = asana.get("/users", params={"limit": 2, "offset": offset})
    assert answer.status_code == 400


def test_offsets_expire_with_time(as_token: Client) -> None:
    with running(people=30, today=TODAY, offset_seconds=0.0) as sandbox:
        asana = as_token(sandbox)
        offset = asana.get("/users", params={"limit": 2}).json()["next_page"]["offset"]
        answer = asana.get("/users", params={"limit": 2, "offset": offset})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "offset: Your pagination token has expired."


def test_offsets_expire_on_demand(sandbox: RunningSandbox, as_token: Client) -> None:
    asana = as_token(sandbox)
    offset = asana.get("/users", params={"limit": 2}).json()["next_page"]["offset"]
    assert asana.get("/users", params={"limit": 2, "offset": offset}).status_code == 200
    sandbox.post_faults(expire_offsets=True)
    assert asana.get("/users", params={"limit": 2, "offset": offset}).status_code == 400


def test_a_list_above_a_thousand_refuses_to_come_without_a_limit(as_token: Client) -> None:
    with running(people=1_200, equal_workspaces=1, today=TODAY) as sandbox:
        path = f"/workspaces/{sandbox.company.workspaces[0].gid}/workspace_memberships"
        answer = as_token(sandbox).get(path)
        assert answer.status_code == 400
        assert "You should use pagination" in answer.text
        assert len(_walk(as_token(sandbox), path, limit=100)) == 1_200


def test_the_old_user_list_is_cut_at_two_thousand(as_token: Client) -> None:
    with running(people=2_100, equal_workspaces=1, today=TODAY) as sandbox:
        workspace = sandbox.company.workspaces[0].gid
        users = as_token(sandbox).get(f"/workspaces/{workspace}/users").json()["data"]
    assert len(users) == 2_000
    names = [user["name"].casefold() for user in users]
    assert names == sorted(names)
