"""Who is out of office, who is in which project, who owns which plans, and what the audit log shows of pauses."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from usher.sandbox import RunningSandbox, running

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running(people=200, seed=7, today=NOW.date(), now=NOW, per_minute=0) as sandbox:
        yield sandbox


def _get(box: RunningSandbox, path: str, token: str = "sandbox-service-1", **query: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{box.url}/api/1.0{path}", params=query, headers=headers)
    return answer.json()["data"] if answer.status_code == 200 else answer.status_code


def _who(box: RunningSandbox, token: str) -> str:
    return str(_get(box, "/users/me", token)["gid"])


def _workspace(box: RunningSandbox) -> str:
    return box.company.workspaces[0].gid


def test_one_person_is_out_of_office_for_months_and_nobody_else_is_today(box: RunningSandbox) -> None:
    workspace, today = _workspace(box), NOW.date().isoformat()
    people = _get(box, f"/workspaces/{workspace}/users", opt_fields="gid")
    query = {"workspace": workspace, "start_date": today, "end_date": today}
    away = {one["gid"] for one in people if _get(box, "/ooo_entries", user=one["gid"], **query)}
    assert away == {_who(box, "sandbox-pat-5")}


def test_only_entries_that_overlap_are_listed_and_an_added_one_may_have_no_end(box: RunningSandbox) -> None:
    gid, workspace = _who(box, "sandbox-pat-4"), _workspace(box)
    box.out_of_office(gid, date(2026, 12, 1), None)
    query = {"user": gid, "workspace": workspace}
    assert _get(box, "/ooo_entries", **query, start_date="2026-11-01", end_date="2026-11-30") == []
    (entry,) = _get(box, "/ooo_entries", **query, start_date="2027-05-01", end_date="2027-05-01")
    assert (entry["start_date"], entry["end_date"]) == ("2026-12-01", None)


def test_some_projects_have_only_their_owner(box: RunningSandbox) -> None:
    projects = _get(box, f"/workspaces/{_workspace(box)}/projects", opt_fields="owner", limit="100")
    alone, shared = 0, 0
    for project in projects:
        members = _get(box, f"/projects/{project['gid']}/project_memberships")
        owners = [one["member"]["gid"] for one in members if one["access_level"] == "admin"]
        alone += owners == [project["owner"]["gid"]] and len(members) == 1
        shared += len(members) > 1
    assert alone > 2
    assert shared > 2


def test_portfolios_of_others_are_only_for_service_accounts(box: RunningSandbox) -> None:
    workspace, owner = _workspace(box), _who(box, "sandbox-pat-3")
    assert _get(box, "/portfolios", "sandbox-pat-1", workspace=workspace, owner=owner) == 403
    assert isinstance(_get(box, "/portfolios", workspace=workspace, owner=owner), list)
    for path in ("/goals", "/project_templates"):
        found = _get(box, path, "sandbox-pat-1", workspace=workspace, opt_fields="name,owner")
        assert all(one["owner"]["gid"] for one in found)
        assert found


def _events(box: RunningSandbox, kind: str) -> list[dict[str, Any]]:
    start = (NOW - timedelta(days=89)).isoformat()
    path, found, more = f"/workspaces/{_workspace(box)}/audit_log_events", [], {}
    while True:
        headers = {"Authorization": "Bearer sandbox-service-1"}
        query = {"event_type": kind, "start_at": start, "limit": "100", **more}
        body = httpx.get(f"{box.url}/api/1.0{path}", params=query, headers=headers).json()
        if not body["data"]:
            return found
        found += body["data"]
        more = {"offset": body["next_page"]["offset"]}


def test_who_gives_an_app_access_does_so_to_their_own_account_and_the_app_is_named(
    box: RunningSandbox,
) -> None:
    found = _events(box, "user_app_authorized")
    assert len({one["actor"]["gid"] for one in found}) > 3
    assert all(one["actor"]["gid"] == one["resource"]["gid"] for one in found if one["actor"].get("gid"))
    assert all(one["details"]["app_name"] for one in found)


def test_a_licence_that_is_paused_now_is_in_the_audit_log(box: RunningSandbox) -> None:
    gid = _who(box, "sandbox-pat-3")
    assert len(_events(box, "domain_user_billing_paused")) > 1
    box.pause(_workspace(box), gid)
    assert _events(box, "domain_user_billing_paused")[-1]["resource"]["gid"] == gid
