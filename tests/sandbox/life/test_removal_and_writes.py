from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.sandbox.conftest import TODAY, Client
from tests.support.sandbox.reading import audit_log
from usher.sandbox import RunningSandbox, running

FLAGS = {"opt_fields": "is_active,is_admin,is_guest,is_view_only,user.email"}


def _someone_busy(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str, *, projects: bool = False
) -> str:
    """A plain member with open tasks, and with projects where asked for."""
    for user in asana.get(f"/workspaces/{workspace}/users").json()["data"]:
        if user["gid"] in {sandbox.company.gids.users.gid(a.person) for a in sandbox.company.accounts}:
            continue
        owned = asana.get(f"/workspaces/{workspace}/projects/search", params={"owner.any": user["gid"]})
        if _open_tasks(asana, workspace, user["gid"]) and (owned.json()["data"] or not projects):
            return str(user["gid"])
    raise AssertionError("nobody has tasks")


def _open_tasks(asana: httpx.Client, workspace: str, user: str) -> list[str]:
    query = {"assignee": user, "workspace": workspace, "completed_since": "now", "limit": 100}
    return [task["gid"] for task in asana.get("/tasks", params=query).json()["data"]]


def _membership(asana: httpx.Client, workspace: str, user: str) -> dict[str, bool] | None:
    path = f"/workspaces/{workspace}/workspace_memberships"
    found = asana.get(path, params={"user": user, **FLAGS}).json()["data"]
    return found[0] if found else None


@pytest.fixture
def asana(sandbox: RunningSandbox, as_token: Client) -> httpx.Client:
    return as_token(sandbox)


@pytest.fixture
def workspace(sandbox: RunningSandbox) -> str:
    return sandbox.company.workspaces[0].gid


@pytest.mark.parametrize("token", ["sandbox-pat-1", "sandbox-service-1"])
def test_removing_takes_membership_teams_and_tasks_but_not_projects(
    sandbox: RunningSandbox, asana: httpx.Client, as_token: Client, workspace: str, token: str
) -> None:
    leaver = _someone_busy(sandbox, asana, workspace, projects=True)
    tasks = _open_tasks(asana, workspace, leaver)
    owned = {"owner.any": leaver}
    projects = asana.get(f"/workspaces/{workspace}/projects/search", params=owned).json()["data"]
    in_workspace = {"workspace": workspace}
    assert asana.get(f"/users/{leaver}/team_memberships", params=in_workspace).json()["data"]

    answer = as_token(sandbox, token).post(
        f"/workspaces/{workspace}/removeUser", json={"data": {"user": leaver}}
    )
    assert answer.status_code == 200
    assert answer.json() == {"data": {}}

    membership = _membership(asana, workspace, leaver)
    assert membership is None or membership["is_active"] is False
    assert _open_tasks(asana, workspace, leaver) == []
    assert asana.get(f"/workspaces/{workspace}/projects/search", params=owned).json()["data"] == projects
    people = asana.get(f"/workspaces/{workspace}/users").json()["data"]
    assert leaver not in {person["gid"] for person in people}
    teams = asana.get(f"/workspaces/{workspace}/teams").json()["data"]
    for team in teams:
        members = asana.get(f"/teams/{team['gid']}/team_memberships").json()["data"]
        assert leaver not in {member["user"]["gid"] for member in members}

    new = asana.get(f"/workspaces/{workspace}/projects", params={"opt_fields": "name,owner.name"}).json()[
        "data"
    ]
    (heap,) = [project for project in new if project["name"].endswith("previously assigned tasks")]
    assert heap["owner"]["name"] == "Astrid Halvorsen"
    inside = asana.get("/tasks", params={"project": heap["gid"], "opt_fields": "name,assignee"}).json()[
        "data"
    ]
    assert {task["gid"] for task in inside if task["assignee"] is None} == set(tasks)
    (review,) = [task for task in inside if task["assignee"] is not None]
    assert review["name"].startswith("Review ")


def test_some_removed_people_stay_listed_and_some_vanish(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str
) -> None:
    accounts = {sandbox.company.gids.users.gid(a.person) for a in sandbox.company.accounts}
    people = [p["gid"] for p in asana.get(f"/workspaces/{workspace}/users").json()["data"]]
    left: list[bool] = []
    for gid in people:
        if gid not in accounts:
            asana.post(f"/workspaces/{workspace}/removeUser", json={"data": {"user": gid}})
            left.append(_membership(asana, workspace, gid) is None)
    assert 0 < sum(left) < len(left) / 2


def test_a_removed_person_can_be_added_again_without_the_old_tasks(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str
) -> None:
    leaver = _someone_busy(sandbox, asana, workspace)
    asana.post(f"/workspaces/{workspace}/removeUser", json={"data": {"user": leaver}})
    answer = asana.post(f"/workspaces/{workspace}/addUser", json={"data": {"user": leaver}})
    assert answer.json()["data"]["gid"] == leaver
    membership = _membership(asana, workspace, leaver)
    assert membership is not None
    assert membership["is_active"]
    assert _open_tasks(asana, workspace, leaver) == []


def test_an_invited_stranger_is_a_guest_and_a_colleague_a_member(asana: httpx.Client, workspace: str) -> None:
    for address, is_guest in (("new@elsewhere.example", True), ("new@halvorsenbrook.example", False)):
        asana.post(f"/workspaces/{workspace}/addUser", json={"data": {"user": address}})
        membership = _membership(asana, workspace, address)
        assert membership is not None
        assert membership["is_active"]
        assert membership["is_guest"] == is_guest


@pytest.mark.parametrize(
    ("token", "user", "status"),
    [
        ("sandbox-pat-3", "gustav.outside@studio-nordlys.example", 403),
        ("sandbox-pat-4", "gustav.outside@studio-nordlys.example", 403),
        ("sandbox-pat-2", "gustav.outside@studio-nordlys.example", 403),
        ("sandbox-pat-1", "1200000000000000", 404),
        ("sandbox-pat-1", "xyz", 400),
        ("sandbox-pat-1", "noor.van.dijk@tideway-instruments.example", 404),
        ("sandbox-pat-1", "noor.dijk@tideway-instruments.example", 400),
    ],
)
def test_a_removal_that_may_not_be_changes_nothing(
    sandbox: RunningSandbox, as_token: Client, workspace: str, token: str, user: str, status: int
) -> None:
    before = sandbox.truth()["workspaces"]
    answer = as_token(sandbox, token).post(
        f"/workspaces/{workspace}/removeUser", json={"data": {"user": user}}
    )
    assert answer.status_code == status, answer.text
    assert sandbox.truth()["workspaces"] == before


def test_a_view_only_member_may_read_but_not_write(
    sandbox: RunningSandbox, as_token: Client, workspace: str
) -> None:
    view_only = as_token(sandbox, "sandbox-pat-4")
    assert view_only.get(f"/workspaces/{workspace}/users").status_code == 200
    answer = view_only.post(f"/workspaces/{workspace}/addUser", json={"data": {"user": "a@b.example"}})
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["error"] == "view_only_api_access_failure"


def test_a_task_is_given_to_another_and_to_nobody(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str
) -> None:
    busy = _someone_busy(sandbox, asana, workspace)
    task = _open_tasks(asana, workspace, busy)[0]
    answer = asana.put(f"/tasks/{task}", json={"data": {"assignee": "me"}})
    assert answer.json()["data"]["assignee"]["name"] == "Astrid Halvorsen"
    assert task not in _open_tasks(asana, workspace, busy)
    assert task in _open_tasks(asana, workspace, "me")
    assert asana.put(f"/tasks/{task}", json={"data": {"assignee": None}}).json()["data"]["assignee"] is None
    assert task not in _open_tasks(asana, workspace, "me")
    stranger = asana.put(
        f"/tasks/{task}", json={"data": {"assignee": "noor.dijk@tideway-instruments.example"}}
    )
    assert stranger.status_code == 400


def test_a_project_is_handed_over(sandbox: RunningSandbox, asana: httpx.Client, workspace: str) -> None:
    owner = _someone_busy(sandbox, asana, workspace, projects=True)
    path = f"/workspaces/{workspace}/projects/search"
    project = asana.get(path, params={"owner.any": owner}).json()["data"][0]["gid"]
    asana.put(f"/projects/{project}", json={"data": {"owner": "tomas.brook@halvorsen-brook.example"}})
    assert project not in {p["gid"] for p in asana.get(path, params={"owner.any": owner}).json()["data"]}
    full = asana.get(f"/projects/{project}").json()["data"]
    assert full["owner"]["name"] == "Tomás Brook"


def test_search_needs_a_paid_plan(as_token: Client) -> None:
    with running(people=30, free=True, today=TODAY) as free:
        workspace = free.company.workspaces[0].gid
        answer = as_token(free).get(f"/workspaces/{workspace}/tasks/search")
        assert answer.status_code == 402
        message = "Search is only available to premium users."
        assert answer.json()["errors"][0]["message"] == message
        assert as_token(free, "sandbox-service-1").get("/users/me").status_code == 401


def test_a_body_that_is_no_json_is_refused(asana: httpx.Client, workspace: str) -> None:
    answer = asana.post(f"/workspaces/{workspace}/addUser", content=b"{data")
    assert answer.status_code == 400
    assert asana.post(f"/workspaces/{workspace}/addUser", json={"data": {}}).status_code == 400


def test_an_inactive_person_gets_neither_task_nor_project(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str
) -> None:
    leaver = _someone_busy(sandbox, asana, workspace, projects=True)
    task = _open_tasks(asana, workspace, leaver)[0]
    owned = sandbox.person(workspace, leaver)["owned_projects"]
    project = owned[0]["gid"]  # type: ignore[index, call-overload]
    gone = "tomas.brook@halvorsen-brook.example"
    sandbox.change(workspace, gone, "leave")
    for path, field in ((f"/tasks/{task}", "assignee"), (f"/projects/{project}", "owner")):
        answer = asana.put(path, json={"data": {field: gone}})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"].startswith(f"{field}: Not a user in Organization")
    assert task in _open_tasks(asana, workspace, leaver)
    assert sandbox.person(workspace, leaver)["owned_projects"] == owned


def test_a_project_can_be_left_to_nobody(
    sandbox: RunningSandbox, asana: httpx.Client, workspace: str
) -> None:
    project = asana.get(f"/workspaces/{workspace}/projects").json()["data"][0]["gid"]
    assert asana.put(f"/projects/{project}", json={"data": {"owner": None}}).json()["data"]["owner"] is None


def test_the_heir_of_a_removed_main_admin_is_the_next_admin(
    sandbox: RunningSandbox, as_token: Client, workspace: str
) -> None:
    main, second = "astrid.halvorsen@halvorsen-brook.example", "tomas.brook@halvorsen-brook.example"
    sandbox.change(workspace, second, "admin")
    admin = as_token(sandbox)
    task = _open_tasks(admin, workspace, _someone_busy(sandbox, admin, workspace))[0]
    admin.put(f"/tasks/{task}", json={"data": {"assignee": "me"}})
    service = as_token(sandbox, "sandbox-service-1")
    body = {"data": {"user": main}}
    assert service.post(f"/workspaces/{workspace}/removeUser", json=body).status_code == 200
    (heap,) = sandbox.person(workspace, main)["left_behind"]  # type: ignore[misc]
    assert heap["owner"] not in (None, sandbox.company.gids.users.gid(0))  # type: ignore[index, call-overload]


def test_archived_projects_and_subtasks_are_told(sandbox_of_many: RunningSandbox, as_token: Client) -> None:
    asana, workspace = as_token(sandbox_of_many), sandbox_of_many.company.workspaces[0].gid
    path = f"/workspaces/{workspace}/projects"
    archived, others = (
        asana.get(path, params={"archived": flag, "opt_fields": "archived"}).json()["data"]
        for flag in ("true", "false")
    )
    assert archived
    assert others
    assert {project["archived"] for project in archived} == {True}
    assert {project["archived"] for project in others} == {False}
    parents = [
        task["parent"]
        for user in asana.get(f"/workspaces/{workspace}/users").json()["data"][:60]
        for task in asana.get(
            "/tasks", params={"assignee": user["gid"], "workspace": workspace, "opt_fields": "parent.name"}
        ).json()["data"]
    ]
    assert None in parents
    assert any(parent and parent["name"] for parent in parents)


def test_an_admins_own_token_brings_the_admin_what_is_not_private(
    sandbox: RunningSandbox, asana: httpx.Client, as_token: Client, workspace: str
) -> None:
    admin = "tomas.brook@halvorsen-brook.example"
    sandbox.change(workspace, admin, "admin")
    found = {}
    for user in asana.get(f"/workspaces/{workspace}/users").json()["data"]:
        tasks = sandbox.person(workspace, user["gid"])["open_tasks"]
        found[user["gid"]] = {task["gid"]: task["is_private"] for task in tasks}  # type: ignore[index, call-overload, union-attr]
    accounts = {sandbox.company.gids.users.gid(a.person) for a in sandbox.company.accounts}
    leaver, had = next(
        (gid, had) for gid, had in found.items() if gid not in accounts and len(set(had.values())) == 2
    )
    body = {"data": {"user": leaver}}
    as_token(sandbox, "sandbox-pat-3").post(f"/workspaces/{workspace}/removeUser", json=body)
    (heap,) = sandbox.person(workspace, leaver)["left_behind"]  # type: ignore[misc]
    assert heap["owner"] == sandbox.company.gids.users.gid(1)  # type: ignore[index, call-overload]
    unassigned = {t["gid"] for t in heap["tasks"] if t["assignee"] is None}  # type: ignore[index, call-overload, union-attr]
    assert unassigned == {gid for gid, is_private in had.items() if not is_private}


def test_who_comes_back_within_the_same_second_has_lost_the_teams_all_the_same(
    sandbox: RunningSandbox, asana: httpx.Client, as_token: Client, workspace: str
) -> None:
    sandbox.set_clock(datetime.now(UTC))
    leaver = _someone_busy(sandbox, asana, workspace)
    assert sandbox.person(workspace, leaver)["teams"]
    for verb in ("removeUser", "addUser"):
        asana.post(f"/workspaces/{workspace}/{verb}", json={"data": {"user": leaver}})
    membership = _membership(asana, workspace, leaver)
    assert membership is not None
    assert membership["is_active"]
    assert sandbox.person(workspace, leaver)["teams"] == []
    sandbox.set_clock(datetime.now(UTC) + timedelta(seconds=5))
    service = as_token(sandbox, "sandbox-service-1")
    events = audit_log(service, workspace, resource_gid=leaver)[-2:]
    assert [event["event_type"] for event in events] == ["user_deprovisioned", "user_reprovisioned"]
    assert events[0]["gid"] != events[1]["gid"]
