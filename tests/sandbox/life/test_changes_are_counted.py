import httpx
import pytest

from tests.sandbox.conftest import Client
from usher.sandbox import RunningSandbox
from usher.sandbox.http.stats import Made

TOMAS = "tomas.brook@halvorsen-brook.example"
WITH_FAULT = "X-Sandbox-Fault"


@pytest.fixture
def asana(sandbox: RunningSandbox, as_token: Client) -> httpx.Client:
    return as_token(sandbox, "sandbox-service-1")


@pytest.fixture
def workspace(sandbox: RunningSandbox) -> str:
    return sandbox.company.workspaces[0].gid


@pytest.fixture
def tomas(sandbox: RunningSandbox) -> str:
    return sandbox.company.gids.users.gid(1)


def _post(asana: httpx.Client, workspace: str, verb: str, user: str, **headers: str) -> int:
    body = {"data": {"user": user}}
    return asana.post(f"/workspaces/{workspace}/{verb}", json=body, headers=headers).status_code


def test_a_removal_and_those_that_come_too_late(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str, tomas: str
) -> None:
    assert [_post(asana, workspace, "removeUser", TOMAS) for _ in range(3)] == [200, 400, 400]
    asana.delete(f"/scim/Users/{tomas}")
    assert sandbox.changes("removals") == {f"{workspace}/{tomas}": Made(1, 3)}
    told = httpx.get(f"{sandbox.url}/-/sandbox/stats").json()["changes"]
    assert told["removals"] == {f"{workspace}/{tomas}": {"took_effect": 1, "nothing_to_do": 3}}
    assert told["adds"] == told["reassignments"] == told["owner_changes"] == told["licence_changes"] == {}


def test_an_addition_and_one_that_is_not_needed(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str, tomas: str
) -> None:
    _post(asana, workspace, "removeUser", tomas)
    _post(asana, workspace, "addUser", tomas)
    _post(asana, workspace, "addUser", TOMAS)
    assert sandbox.changes("adds") == {f"{workspace}/{tomas}": Made(1, 1)}
    _post(asana, workspace, "removeUser", tomas)
    assert sandbox.changes("removals") == {f"{workspace}/{tomas}": Made(2, 0)}


def test_who_may_not_remove_is_not_counted(sandbox: RunningSandbox, as_token: Client, workspace: str) -> None:
    assert _post(as_token(sandbox, "sandbox-pat-3"), workspace, "removeUser", TOMAS) == 403
    assert sandbox.changes("removals") == {}


def test_a_task_and_a_project_by_their_new_holder(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str, tomas: str
) -> None:
    users = asana.get(f"/workspaces/{workspace}/users").json()["data"]
    others = [sandbox.person(workspace, user["gid"]) for user in users if user["gid"] != tomas]
    task = next(t["gid"] for has in others for t in has["open_tasks"])  # type: ignore[index, call-overload, union-attr]
    project = next(p["gid"] for has in others for p in has["owned_projects"])  # type: ignore[index, call-overload, union-attr]
    for _ in range(2):
        asana.put(f"/tasks/{task}", json={"data": {"assignee": tomas}})
        asana.put(f"/projects/{project}", json={"data": {"owner": tomas}})
    assert sandbox.changes("reassignments") == {task: Made(1, 1)}
    assert sandbox.changes("owner_changes") == {project: Made(1, 1)}


def test_what_a_removal_does_to_tasks_is_no_reassignment(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str
) -> None:
    users = asana.get(f"/workspaces/{workspace}/users").json()["data"]
    busy = next(u["gid"] for u in users if sandbox.person(workspace, u["gid"])["open_tasks"])
    _post(asana, workspace, "removeUser", busy)
    assert sandbox.person(workspace, busy)["left_behind"]
    assert sandbox.changes("reassignments") == {}


@pytest.mark.parametrize(("when", "count"), [("before", 1), ("after", 2)])
def test_a_repeated_call_shows_whether_the_failed_one_took_effect(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str, tomas: str, when: str, count: int
) -> None:
    """Both that failed before and that failed after look the same to the caller."""
    assert _post(asana, workspace, "removeUser", tomas, **{WITH_FAULT: f"500;{when}"}) == 500
    _post(asana, workspace, "removeUser", tomas)
    made = sandbox.changes("removals")[f"{workspace}/{tomas}"]
    assert made.took_effect == 1
    assert made.took_effect + made.nothing_to_do == count


@pytest.mark.parametrize("when", ["before", "after"])
def test_faults_reach_handing_over_and_licences_too(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str, tomas: str, when: str
) -> None:
    fault = {WITH_FAULT: f"503;{when}"}
    users = asana.get(f"/workspaces/{workspace}/users").json()["data"]
    others = [sandbox.person(workspace, user["gid"]) for user in users if user["gid"] != tomas]
    task = next(t["gid"] for has in others for t in has["open_tasks"])  # type: ignore[index, call-overload, union-attr]
    project = next(p["gid"] for has in others for p in has["owned_projects"])  # type: ignore[index, call-overload, union-attr]
    asana.put(f"/tasks/{task}", json={"data": {"assignee": tomas}}, headers=fault)
    asana.put(f"/projects/{project}", json={"data": {"owner": tomas}}, headers=fault)
    operation = {"op": "replace", "path": "userType", "value": "view only"}
    asana.patch(f"/scim/Users/{tomas}", json={"Operations": [operation]}, headers=fault)
    expected = {} if when == "before" else {task: Made(1, 0)}
    assert sandbox.changes("reassignments") == expected
    assert len(sandbox.changes("owner_changes")) == len(expected)
    assert len(sandbox.changes("licence_changes")) == len(expected)


def test_counting_begins_anew_on_demand(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str, tomas: str
) -> None:
    _post(asana, workspace, "removeUser", tomas)
    httpx.post(f"{sandbox.url}/-/sandbox/reset-stats")
    assert sandbox.changes("removals") == {}
