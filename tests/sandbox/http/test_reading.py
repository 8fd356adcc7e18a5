import httpx
import pytest

from tests.sandbox.conftest import Client
from usher.sandbox import RunningSandbox


@pytest.fixture
def workspace(still_sandbox: RunningSandbox) -> str:
    return still_sandbox.company.workspaces[0].gid


def test_an_unknown_route_or_method_is_not_found_even_without_a_token(still_sandbox: RunningSandbox) -> None:
    for method, path in (("GET", "/nowhere"), ("DELETE", "/workspaces"), ("GET", "/workspaces/1/addUser")):
        answer = httpx.request(method, f"{still_sandbox.url}/api/1.0{path}")
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["message"] == "No matching route for request"


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic abc", "Bearer sandbox-revoked"])
def test_no_good_token_is_not_authorized(still_sandbox: RunningSandbox, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = httpx.get(f"{still_sandbox.url}/api/1.0/users/me", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"] == "Not Authorized"
    assert "help" in answer.json()["errors"][0]


@pytest.mark.parametrize(
    ("gid", "status", "message"),
    [
        ("xyz", 400, "workspace: Not a recognized ID: xyz"),
        ("123", 404, "workspace: Unknown object: 123"),
        ("of the second company", 403, "You do not have access to this workspace."),
    ],
)
def test_workspaces_that_cannot_be_read(
    still_sandbox: RunningSandbox, asana: httpx.Client, gid: str, status: int, message: str
) -> None:
    gid = still_sandbox.company.workspaces[-1].gid if gid.startswith("of") else gid
    for path in (f"/workspaces/{gid}", f"/workspaces/{gid}/workspace_memberships"):
        answer = asana.get(path)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (status, message)


def test_a_list_is_compact_and_one_is_full(asana: httpx.Client, workspace: str) -> None:
    listed = asana.get(f"/workspaces/{workspace}/workspace_memberships").json()["data"][0]
    assert set(listed) == {"gid", "resource_type", "user", "workspace"}
    assert set(listed["user"]) == {"gid", "resource_type", "name"}
    full = asana.get(f"/workspace_memberships/{listed['gid']}").json()["data"]
    assert {"is_active", "is_admin", "is_guest", "is_view_only", "created_at"} <= set(full)


def test_fields_are_chosen_and_unknown_ones_ignored(asana: httpx.Client, workspace: str) -> None:
    fields = "is_admin,user.email,last_seen,user.salary"
    path = f"/workspaces/{workspace}/workspace_memberships"
    record = asana.get(path, params={"opt_fields": fields}).json()["data"][0]
    assert set(record) == {"gid", "resource_type", "is_admin", "user"}
    assert set(record["user"]) == {"gid", "resource_type", "email"}


def test_pretty_answers_are_the_same_with_lines(asana: httpx.Client) -> None:
    plain, pretty = asana.get("/users/me"), asana.get("/users/me", params={"opt_pretty": "true"})
    assert plain.json() == pretty.json()
    assert plain.text.count("\n") < pretty.text.count("\n")


def test_a_person_is_found_by_gid_address_and_me(asana: httpx.Client) -> None:
    me = asana.get("/users/me").json()
    for named in (me["data"]["gid"], me["data"]["email"], me["data"]["email"].upper()):
        assert asana.get(f"/users/{named}").json() == me


def test_people_of_another_company_are_out_of_sight(still_sandbox: RunningSandbox, as_token: Client) -> None:
    second = as_token(still_sandbox, "sandbox-pat-2")
    stranger = still_sandbox.company.gids.users.gid(1)
    assert second.get(f"/users/{stranger}").status_code == 403
    assert second.get(f"/users/{stranger}/workspace_memberships").status_code == 403
    assert stranger not in {user["gid"] for user in second.get("/users").json()["data"]}
    assert len(second.get("/workspaces").json()["data"]) == 1


def test_the_memberships_of_one_person_are_those_the_caller_can_see(
    still_sandbox: RunningSandbox, asana: httpx.Client, as_token: Client, workspace: str
) -> None:
    first = still_sandbox.company.gids.users.gid(0)
    assert len(asana.get(f"/users/{first}/workspace_memberships").json()["data"]) == 5
    guest = as_token(still_sandbox, "sandbox-pat-5")
    seen = guest.get(f"/users/{first}/workspace_memberships").json()["data"]
    assert [membership["workspace"]["gid"] for membership in seen] == [workspace]


def test_team_memberships_agree_from_all_sides(asana: httpx.Client, workspace: str) -> None:
    of_teams = {
        (member["user"]["gid"], team["gid"], member["gid"])
        for team in asana.get(f"/workspaces/{workspace}/teams").json()["data"]
        for member in asana.get("/team_memberships", params={"team": team["gid"]}).json()["data"]
    }
    of_people = set()
    for user in asana.get(f"/workspaces/{workspace}/users").json()["data"]:
        query = {"user": user["gid"], "workspace": workspace}
        for member in asana.get("/team_memberships", params=query).json()["data"]:
            of_people.add((user["gid"], member["team"]["gid"], member["gid"]))
            assert asana.get(f"/team_memberships/{member['gid']}").json()["data"]["gid"] == member["gid"]
    assert of_teams == of_people
    assert len(of_teams) > 50
    assert len({gid for _, _, gid in of_teams}) == len(of_teams)


def test_some_team_members_have_limited_access(asana: httpx.Client, workspace: str) -> None:
    limited = [
        member["is_limited_access"]
        for team in asana.get(f"/workspaces/{workspace}/teams").json()["data"]
        for member in asana.get(f"/teams/{team['gid']}/team_memberships").json()["data"]
    ]
    assert 0 < sum(limited) < len(limited) / 2


def test_tasks_need_both_assignee_and_workspace(asana: httpx.Client, workspace: str) -> None:
    for query in ({}, {"assignee": "me"}, {"workspace": workspace}):
        assert asana.get("/tasks", params=query).status_code == 400
    assert asana.get("/users/me/user_task_list").json()["errors"][0]["message"] == "workspace: Missing input"
