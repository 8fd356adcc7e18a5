import httpx
import pytest

from tests.sandbox.conftest import Client
from usher.sandbox import RunningSandbox


@pytest.fixture
def workspace(still_sandbox: RunningSandbox) -> str:
    return still_sandbox.company.workspaces[0].gid


def test_what_a_person_has_is_what_asana_tells(
    still_sandbox: RunningSandbox, as_token: Client, workspace: str
) -> None:
    service = as_token(still_sandbox, "sandbox-service-1")
    projects = service.get(
        f"/workspaces/{workspace}/projects", params={"opt_fields": "owner,archived,privacy_setting"}
    ).json()["data"]
    compared = 0
    for user in service.get(f"/workspaces/{workspace}/users").json()["data"]:
        gid = user["gid"]
        query = {"workspace": workspace, "user": gid}
        truth = httpx.get(f"{still_sandbox.url}/-/sandbox/truth/person", params=query).json()
        in_workspace = {"workspace": workspace, "opt_fields": "team"}
        teams = service.get(f"/users/{gid}/team_memberships", params=in_workspace).json()["data"]
        assert [team["gid"] for team in truth["teams"]] == [m["team"]["gid"] for m in teams]
        open_ones = {"workspace": workspace, "assignee": gid, "completed_since": "now"}
        tasks = service.get("/tasks", params=open_ones).json()["data"]
        assert [task["gid"] for task in truth["open_tasks"]] == [task["gid"] for task in tasks]
        owned = [p for p in projects if p["owner"] and p["owner"]["gid"] == gid]
        assert [(p["gid"], p["is_archived"], p["is_private"]) for p in truth["owned_projects"]] == [
            (p["gid"], p["archived"], p["privacy_setting"] == "private") for p in owned
        ]
        assert truth["membership"]["user"] == gid
        assert truth["left_behind"] == []
        compared += bool(teams and tasks and owned)
    assert compared > 2


@pytest.mark.parametrize(
    "query",
    [
        {"user": "1"},
        {"workspace": "1", "user": "1"},
        {"workspace": "1210000000002470", "user": "a@b.example"},
        {},
    ],
)
def test_nobody_there_is_told_as_such(still_sandbox: RunningSandbox, query: dict[str, str]) -> None:
    answer = httpx.get(f"{still_sandbox.url}/-/sandbox/truth/person", params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_people_leave_and_come_back_by_order(sandbox: RunningSandbox) -> None:
    workspace, user = sandbox.company.workspaces[0].gid, "tomas.brook@halvorsen-brook.example"
    statuses = []
    for change in ("leave", "return", "vanish", "return"):
        order = {"workspace": workspace, "user": user, "change": change}
        assert httpx.post(f"{sandbox.url}/-/sandbox/memberships", json=order).json() == {"changed": 1}
        statuses.append(sandbox.person(workspace, user)["membership"]["status"])  # type: ignore[index, call-overload]
    assert statuses == ["not_active", "active", "not_active", "active"]
