"""Asana's own Python client works against the sandbox."""

import pytest
from asana.rest import ApiException

import asana
from usher.sandbox import RunningSandbox


def _client(sandbox: RunningSandbox, token: str) -> asana.ApiClient:
    configuration = asana.Configuration()
    configuration.host = f"{sandbox.url}/api/1.0"
    configuration.access_token = token
    configuration.retry_strategy = None
    return asana.ApiClient(configuration)


def _main_workspace(sandbox: RunningSandbox) -> str:
    return sandbox.company.workspaces[0].gid


def test_it_lists_workspaces(still_sandbox: RunningSandbox) -> None:
    api = asana.WorkspacesApi(_client(still_sandbox, "sandbox-pat-1"))
    found = list(api.get_workspaces({"opt_fields": "name,is_organization"}))
    assert [w["name"] for w in found if w["is_organization"]] == ["Halvorsen & Brook"]
    assert "498346170860" in {w["gid"] for w in found}


def test_it_lists_all_memberships_page_by_page(still_sandbox: RunningSandbox) -> None:
    api = asana.WorkspaceMembershipsApi(_client(still_sandbox, "sandbox-pat-1"))
    workspace = _main_workspace(still_sandbox)
    fields = "is_active,is_admin,is_guest,is_view_only,created_at,user.name,user.email"
    found = list(api.get_workspace_memberships_for_workspace(workspace, {"limit": 7, "opt_fields": fields}))
    truth = still_sandbox.truth(workspace)["workspaces"][0]["memberships"]  # type: ignore[index, call-overload]
    assert {m["gid"]: m["is_active"] for m in found} == {m["gid"]: m["status"] == "active" for m in truth}
    assert len(found) == len(truth)


def test_it_lists_users(still_sandbox: RunningSandbox) -> None:
    api = asana.UsersApi(_client(still_sandbox, "sandbox-pat-1"))
    workspace = _main_workspace(still_sandbox)
    paged = list(api.get_users({"workspace": workspace, "limit": 10, "opt_fields": "name,email"}))
    at_once = list(api.get_users_for_workspace(workspace, {"opt_fields": "name"}))
    assert {u["gid"] for u in paged} == {u["gid"] for u in at_once}
    assert [int(u["gid"]) for u in paged] == sorted(int(u["gid"]) for u in paged)


@pytest.mark.parametrize(
    ("token", "workspace", "status"),
    [
        ("sandbox-revoked", "1", 401),
        ("sandbox-pat-1", "1", 404),
        ("sandbox-pat-1", "xyz", 400),
    ],
)
def test_it_gets_its_errors(still_sandbox: RunningSandbox, token: str, workspace: str, status: int) -> None:
    api = asana.WorkspacesApi(_client(still_sandbox, token))
    with pytest.raises(ApiException) as refused:
        api.get_workspace(workspace, {})
    assert refused.value.status == status
    assert b'"errors"' in refused.value.body


def test_it_removes_a_user(sandbox: RunningSandbox) -> None:
    api = asana.WorkspacesApi(_client(sandbox, "sandbox-pat-1"))
    workspace = _main_workspace(sandbox)
    tomas = "tomas.brook@halvorsen-brook.example"
    assert api.remove_user_for_workspace({"data": {"user": tomas}}, workspace) == {}
    with pytest.raises(ApiException) as refused:
        api.remove_user_for_workspace({"data": {"user": tomas}}, workspace)
    assert refused.value.status == 400


def test_it_hands_over_tasks_and_projects_and_adds_a_user(sandbox: RunningSandbox) -> None:
    client, workspace = _client(sandbox, "sandbox-pat-1"), _main_workspace(sandbox)
    people = list(asana.UsersApi(client).get_users_for_workspace(workspace, {"opt_fields": "name"}))
    busy = next(
        person["gid"]
        for person in people
        if (has := sandbox.person(workspace, person["gid"]))["open_tasks"] and has["owned_projects"]
    )
    has = sandbox.person(workspace, busy)
    task = has["open_tasks"][0]["gid"]  # type: ignore[index, call-overload]
    project = has["owned_projects"][0]["gid"]  # type: ignore[index, call-overload]
    tomas = "tomas.brook@halvorsen-brook.example"
    fields = {"opt_fields": "assignee.email,owner.email"}
    given = asana.TasksApi(client).update_task({"data": {"assignee": tomas}}, task, fields)
    assert given["assignee"]["email"] == tomas
    handed = asana.ProjectsApi(client).update_project({"data": {"owner": tomas}}, project, fields)
    assert handed["owner"]["email"] == tomas
    with pytest.raises(ApiException) as refused:
        asana.TasksApi(client).update_task({"data": {"assignee": "xyz"}}, task, {})
    assert refused.value.status == 400
    added = asana.WorkspacesApi(client).add_user_for_workspace(
        {"data": {"user": "new@elsewhere.example"}}, workspace, {}
    )
    assert added["gid"]
