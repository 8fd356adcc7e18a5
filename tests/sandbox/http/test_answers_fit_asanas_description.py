"""Every answer is held against Asana's OpenAPI description; its path comes by ASANA_OPENAPI."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.sandbox.openapi import Description
from tests.support.sandbox.reading import audit_log, stream, sync_token
from usher.sandbox import RunningSandbox, running
from usher.sandbox.api import audit, memberships, projects, tasks, teams, users, workspaces

DESCRIPTION = os.environ.get("ASANA_OPENAPI", "")
pytestmark = pytest.mark.skipif(
    not (DESCRIPTION and Path(DESCRIPTION).is_file()),
    reason="set ASANA_OPENAPI to the path of Asana's OpenAPI description (github.com/Asana/openapi)",
)

# Real calls that the description at hand leaves out.
ELSEWHERE = {
    "/workspaces/{workspace_gid}/projects/search",
    "/team_memberships/{team_membership_gid}",
    "/projects",
}
SERVICE_ONLY = ("audit_log_events", "/events")


@pytest.fixture(scope="module")
def description() -> Description:
    return Description(Path(DESCRIPTION))


@pytest.fixture(scope="module")
def description_of_full_records() -> Description:
    return Description(Path(DESCRIPTION), full_records=True)


@pytest.fixture(scope="module")
def served() -> Iterator[RunningSandbox]:
    with running(people=120, seed=7, per_minute=0) as sandbox:
        yield sandbox


def _all_routes() -> list[tuple[str, str]]:
    areas = (memberships, users, workspaces, teams, tasks, projects, audit)
    return [
        (next(iter(route.methods or ())).lower(), route.path.removeprefix("/api/1.0"))
        for area in areas
        for route in area.ROUTES
    ]


def _client(served: RunningSandbox, token: str) -> httpx.Client:
    return httpx.Client(base_url=f"{served.url}/api/1.0", headers={"Authorization": f"Bearer {token}"})


class Example:
    """Ids to fill into paths."""

    def __init__(self, served: RunningSandbox) -> None:
        client = _client(served, "sandbox-pat-1")

        def first(path: str, **query: str) -> str:
            return str(client.get(path, params=query).json()["data"][0]["gid"])

        self.workspace = first("/workspaces")
        self.user = str(client.get("/users/me").json()["data"]["gid"])
        self.membership = first(f"/workspaces/{self.workspace}/workspace_memberships")
        self.team = first(f"/workspaces/{self.workspace}/teams")
        self.team_membership = first(f"/teams/{self.team}/team_memberships")
        self.project = first(f"/workspaces/{self.workspace}/projects")
        people = client.get(f"/workspaces/{self.workspace}/users").json()["data"]
        self.busy_user = next(
            p["gid"]
            for p in people
            if p["gid"] != self.user
            and client.get("/tasks", params={"assignee": p["gid"], "workspace": self.workspace}).json()[
                "data"
            ]
        )
        self.task = first("/tasks", assignee=self.busy_user, workspace=self.workspace)

    def path(self, template: str) -> str:
        return template.format(
            workspace_gid=self.workspace,
            user_gid=self.busy_user,
            workspace_membership_gid=self.membership,
            team_gid=self.team,
            team_membership_gid=self.team_membership,
            project_gid=self.project,
            task_gid=self.task,
        )

    def query(self, template: str) -> dict[str, str]:
        if template == "/tasks":
            return {"assignee": self.busy_user, "workspace": self.workspace}
        if template == "/team_memberships":
            return {"team": self.team}
        if template == "/users/{user_gid}/teams":
            return {"organization": self.workspace}
        if template in ("/users/{user_gid}/team_memberships", "/users/{user_gid}/user_task_list"):
            return {"workspace": self.workspace}
        if template.endswith("/tasks/search"):
            return {"assignee.any": self.busy_user}
        return {}

    def body(self, template: str) -> dict[str, dict[str, str]]:
        return {
            "/workspaces/{workspace_gid}/addUser": {"data": {"user": "new@elsewhere.example"}},
            "/workspaces/{workspace_gid}/removeUser": {"data": {"user": "new@elsewhere.example"}},
            "/tasks/{task_gid}": {"data": {"assignee": self.user}},
            "/projects/{project_gid}": {"data": {"owner": self.user}},
        }.get(template, {"data": {}})


@pytest.fixture(scope="module")
def example(served: RunningSandbox) -> Example:
    return Example(served)


def _hold(description: Description, method: str, template: str, answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    schema = description.answer_schema(method, template, answer.status_code)
    faults = description.faults(schema, _without_nulls_told_of_in_words(answer.json()))
    assert not faults, f"{method} {answer.url}: {faults[:5]}"


def _without_nulls_told_of_in_words(body: Any) -> Any:
    """By their descriptions, not by the schema, a stream event's user and parent may be null; and so is the name
    of an actor who was deleted."""
    for record in body["data"] if isinstance(body.get("data"), list) else ():
        parts = (
            [(record, "user"), (record, "parent")]
            if "action" in record
            else [(record.get("actor", {}), "name")]
        )
        for part, name in parts:
            if name in part and part[name] is None:
                del part[name]
    return body


def test_what_people_do_fits(description: Description) -> None:
    """Every pair of type and context in the audit log, every kind of event in the stream."""
    now = datetime(2026, 11, 23, 6, tzinfo=UTC)
    with running(people=120, seed=7, today=now.date(), now=now, per_minute=0) as box:
        workspace = box.company.workspaces[0].gid
        with _client(box, "sandbox-service-1") as client:
            token = sync_token(client, workspace)
            box.set_clock(now + timedelta(hours=20))
            streamed, _ = stream(client, workspace, token)
            logged = audit_log(client, workspace)
    pairs = {(e["event_type"], *e["context"], e["actor"]["actor_type"]): e for e in logged}
    kinds = {
        (e["type"], e["action"], e["user"] is None, str(e.get("change", {}).get("field"))): e
        for e in streamed
    }
    assert len(pairs) > 200
    assert len(kinds) > 15
    for template, events in (("audit_log_events", pairs.values()), ("events", kinds.values())):
        schema = description.answer_schema("get", f"/workspaces/{{workspace_gid}}/{template}", 200)
        body = _without_nulls_told_of_in_words({"data": list(events)})
        assert description.faults(schema, body) == []


def test_every_route_is_one_of_asanas(description: Description) -> None:
    unknown = {path for method, path in _all_routes() if description.operation(method, path) is None}
    assert unknown == ELSEWHERE


@pytest.mark.parametrize("asked", ["as it comes", "every optional field"])
@pytest.mark.parametrize(
    ("method", "template"), [route for route in _all_routes() if route[1] not in ELSEWHERE]
)
def test_a_good_answer_fits(
    description: Description,
    description_of_full_records: Description,
    served: RunningSandbox,
    example: Example,
    method: str,
    template: str,
    asked: str,
) -> None:
    token = "sandbox-service-1" if template.endswith(SERVICE_ONLY) else "sandbox-pat-1"
    query = example.query(template)
    if asked == "every optional field":
        query["opt_fields"] = ",".join([*description.opt_fields(method, template), "user.email"])
        description = description_of_full_records
    with _client(served, token) as client:
        if template.endswith("removeUser"):
            client.post(example.path(template.replace("removeUser", "addUser")), json=example.body(template))
        if template.endswith("/events"):
            query["sync"] = client.get(example.path(template)).json()["sync"]
        for page in ({}, {"limit": "2"}) if method == "get" else ({},):
            answer = client.request(
                method,
                example.path(template),
                params=query | page,
                json=example.body(template) if method != "get" else None,
            )
            assert answer.status_code == 200, answer.text
            if method == "get":
                assert answer.json()["data"] or template.endswith("/events")
            _hold(description, method, template, answer)


@pytest.mark.parametrize(
    ("token", "method", "template", "query", "status"),
    [
        ("nonsense", "get", "/users/{user_gid}", {}, 401),
        ("sandbox-revoked", "get", "/workspaces", {}, 401),
        ("sandbox-pat-1", "get", "/workspaces", {"limit": "0"}, 400),
        ("sandbox-pat-1", "get", "/workspaces", {"limit": "101"}, 400),
        ("sandbox-pat-1", "get", "/workspaces", {"limit": "2", "offset": "forged"}, 400),
        ("sandbox-pat-1", "get", "/tasks", {}, 400),
        ("sandbox-pat-2", "get", "/workspaces/{workspace_gid}", {}, 403),
        ("sandbox-pat-1", "get", "/workspaces/{workspace_gid}/audit_log_events", {}, 403),
        ("sandbox-pat-3", "post", "/workspaces/{workspace_gid}/removeUser", {}, 403),
    ],
)
def test_a_refusal_fits(
    description: Description,
    served: RunningSandbox,
    example: Example,
    token: str,
    method: str,
    template: str,
    query: dict[str, str],
    status: int,
) -> None:
    with _client(served, token) as client:
        body = example.body(template) if method != "get" else None
        answer = client.request(method, example.path(template), params=query, json=body)
    assert answer.status_code == status
    _hold(description, method, template, answer)


def test_the_whole_list_of_memberships_fits(
    description_of_full_records: Description, served: RunningSandbox, example: Example
) -> None:
    description = description_of_full_records
    template = "/workspaces/{workspace_gid}/workspace_memberships"
    fields = ",".join([*description.opt_fields("get", template), "user.email"])
    with _client(served, "sandbox-pat-1") as client:
        _hold(
            description,
            "get",
            template,
            client.get(example.path(template), params={"opt_fields": fields}),
        )


def test_the_check_itself_finds_unknown_and_wrong_fields(description: Description) -> None:
    schema = description.answer_schema("get", "/workspaces/{workspace_gid}/workspace_memberships", 200)
    answer = {"data": [{"gid": 12, "resource_type": "workspace_membership", "last_seen": None}]}
    faults = description.faults(schema, answer)
    assert any("last_seen: not in Asana's description" in fault for fault in faults)
    assert any("$.data[0].gid" in fault and "not of type" in fault for fault in faults)
