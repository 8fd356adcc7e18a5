"""What is asked of Asana, and what comes back."""

import logging
from datetime import UTC, date, datetime

import pytest

from tests.support.asana.scripted_asana import ScriptedAsana, data, refusal
from usher.asana import Asana, BearerToken, MembershipLicence, MembershipRole, MembershipStatus, NotFound
from usher.asana.client import PAGE_SIZE

EVERYTHING = {
    "gid": "5501",
    "created_at": "2024-02-22T02:06:58.147Z",
    "is_active": True,
    "is_admin": True,
    "is_guest": False,
    "is_view_only": False,
    "user": {"gid": "1204", "name": "Greta Sanz", "email": "greta@example.com"},
    "workspace": {"gid": "900", "name": "Example Inc"},
}


async def only_page(pages):
    [page] = [page async for page in pages]
    return page.items


async def test_me_tells_who_the_token_is_and_where(server: ScriptedAsana, asana: Asana):
    server.always = data({"gid": "1", "name": "Greta", "workspaces": [{"gid": "900", "name": "Example"}]})
    me = await asana.me()
    assert (me.gid, me.name, me.email) == ("1", "Greta", None)
    assert [workspace.gid for workspace in me.workspaces] == ["900"]
    assert server.seen[0].path == "/api/1.0/users/me"
    assert server.seen[0].headers["user-agent"].startswith("usher/")
    assert "gzip" in server.seen[0].headers["accept-encoding"]


async def test_memberships_are_asked_for_with_every_field_at_once(server: ScriptedAsana, asana: Asana):
    server.always = data([EVERYTHING])
    [membership] = await only_page(asana.workspace_memberships("900"))
    assert membership.user.email == "greta@example.com"
    assert membership.created_at == datetime(2024, 2, 22, 2, 6, 58, 147000, tzinfo=UTC)
    assert membership.created_at.tzinfo is UTC
    assert (membership.role, membership.licence, membership.status) == (
        MembershipRole.ADMIN,
        MembershipLicence.MEMBER,
        MembershipStatus.ACTIVE,
    )
    [seen] = server.seen
    assert seen.path == "/api/1.0/workspaces/900/workspace_memberships"
    assert seen.query["limit"] == str(PAGE_SIZE) == "100"
    assert set(seen.query["opt_fields"].split(",")) >= {
        "created_at", "is_active", "is_admin", "is_guest", "is_view_only", "user.name", "user.email",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "role", "licence", "status"),
    [
        ({}, MembershipRole.MEMBER, MembershipLicence.MEMBER, MembershipStatus.ACTIVE),
        (
            {"is_active": None, "is_admin": None, "is_guest": None},
            MembershipRole.MEMBER,
            MembershipLicence.MEMBER,
            MembershipStatus.ACTIVE,
        ),
        ({"is_active": False}, MembershipRole.MEMBER, MembershipLicence.MEMBER, MembershipStatus.NOT_ACTIVE),
        ({"is_guest": True}, MembershipRole.GUEST, MembershipLicence.GUEST, MembershipStatus.ACTIVE),
        ({"is_view_only": True}, MembershipRole.MEMBER, MembershipLicence.VIEW_ONLY, MembershipStatus.ACTIVE),
        (
            {"is_admin": True, "is_view_only": None},
            MembershipRole.ADMIN,
            MembershipLicence.MEMBER,
            MembershipStatus.ACTIVE,
        ),
    ],
)
async def test_flags_may_be_missing_or_null(server, asana, flags, role, licence, status):
    server.always = data([{"gid": "1", **flags}])
    [membership] = await only_page(asana.workspace_memberships("900"))
    assert (membership.role, membership.licence, membership.status) == (role, licence, status)


async def test_a_membership_without_a_user_does_not_break_its_page(server, asana):
    server.always = data([{"gid": "1", "user": None, "created_at": None}, EVERYTHING])
    without, whole = await only_page(asana.workspace_memberships("900"))
    assert without.user is None
    assert without.created_at is None
    assert whole.user.name == "Greta Sanz"


async def test_unknown_fields_and_values_are_no_trouble(server, asana):
    server.always = data([{**EVERYTHING, "resource_type": "of_tomorrow", "new": {"deep": [1, None]}}])
    assert len(await only_page(asana.workspace_memberships("900"))) == 1
    server.always = data([{
        "gid": "7", "created_at": "2026-11-20T09:12:44.318Z", "event_type": "brand_new",
        "actor": {"actor_type": "robot_from_mars"}, "resource": None, "details": {"method": ["SAML"]},
        "context": {"context_type": "watch", "on_behalf_of_user_id": 12},
    }])  # fmt: skip
    day = datetime(2026, 11, 20, tzinfo=UTC)
    server.script.append(server.always)
    server.always = data([])
    [event] = await only_page(asana.audit_log_events("900", day, day.replace(day=21)))
    assert (event.event_type, event.actor.actor_type) == ("brand_new", "robot_from_mars")
    assert event.details == {"method": ["SAML"]}
    assert event.context.on_behalf_of_user_id == 12


async def test_moments_in_other_time_zones_become_utc(server, asana):
    server.always = data({"gid": "1", "created_at": "2024-02-22T04:06:58+02:00"})
    membership = await asana.workspace_membership("1")
    assert membership.created_at == datetime(2024, 2, 22, 2, 6, 58, tzinfo=UTC)
    assert membership.created_at.tzinfo is UTC


async def test_membership_in_finds_one_person_or_none(server, asana):
    server.script.append(data([EVERYTHING]))
    assert (await asana.membership_in("900", "1204")).gid == "5501"
    assert server.seen[0].query["user"] == "1204"
    server.script.append(data([]))
    assert await asana.membership_in("900", "1204") is None
    server.script.append(refusal(404, "user: Unknown object: 1204"))
    assert await asana.membership_in("900", "1204") is None
    server.script.append(refusal(404, "workspace: Unknown object: 900"))
    with pytest.raises(NotFound):
        await asana.membership_in("900", "1204")


async def test_adding_and_removing_a_person_wrap_their_body_in_data(server, asana):
    server.script.append(data({"gid": "1204", "name": "Greta"}))
    assert (await asana.add_user("900", "greta@example.com")).gid == "1204"
    server.script.append(data({}))
    await asana.remove_user("900", "1204")
    added, removed = server.seen
    assert (added.method, added.path) == ("POST", "/api/1.0/workspaces/900/addUser")
    assert added.json() == {"data": {"user": "greta@example.com"}}
    assert (removed.method, removed.path) == ("POST", "/api/1.0/workspaces/900/removeUser")
    assert removed.json() == {"data": {"user": "1204"}}
    assert removed.headers["content-type"] == "application/json"


async def test_open_tasks_ask_only_for_incomplete_ones(server, asana):
    server.always = data([{"gid": "3", "name": "Plan", "due_on": "2026-12-01", "projects": [{"gid": "8"}]}])
    [task] = await only_page(asana.open_tasks("1204", "900"))
    assert task.due_on == date(2026, 12, 1)
    assert server.seen[0].query["completed_since"] == "now"


async def test_a_task_tells_whose_it_is_and_where_it_belongs(server, asana):
    greta = {"gid": "1204", "name": "Greta Sanz", "email": "greta@example.com"}
    server.script.append(
        data({"gid": "3", "completed": False, "assignee": greta, "projects": [], "parent": None})
    )
    task = await asana.task("3")
    assert (task.assignee.gid, task.completed) == ("1204", False)
    assert (task.is_subtask, task.stands_alone) == (False, True)
    server.script.append(data({"gid": "4", "assignee": None, "parent": {"gid": "3", "name": "Plan"}}))
    part = await asana.task("4")
    assert (part.assignee, part.is_subtask, part.stands_alone) == (None, True, False)
    assert server.seen[0].path == "/api/1.0/tasks/3"
    assert {"assignee", "projects", "parent"} <= set(server.seen[0].query["opt_fields"].split(","))


@pytest.mark.parametrize("to", ["9", None])
async def test_a_task_and_a_project_are_given_to_another_or_to_nobody(server, asana, to):
    holder = to and {"gid": to}
    server.script += [data({"gid": "3", "assignee": holder}), data({"gid": "8", "owner": holder})]
    task = await asana.reassign_task("3", to)
    project = await asana.change_project_owner("8", to)
    assert (task.assignee and task.assignee.gid) == to
    assert (project.owner and project.owner.gid) == to
    given, handed = server.seen
    assert (given.method, given.path, given.json()) == ("PUT", "/api/1.0/tasks/3", {"data": {"assignee": to}})
    assert (handed.method, handed.path) == ("PUT", "/api/1.0/projects/8")
    assert handed.json() == {"data": {"owner": to}}
    assert "assignee" in given.query["opt_fields"]
    assert "owner" in handed.query["opt_fields"]


@pytest.mark.parametrize(
    ("setting", "is_private"),
    [("private", True), ("private_to_team", True), ("public_to_workspace", False), (None, None)],
)
async def test_a_project_tells_owner_and_privacy(server, asana, setting, is_private):
    told = {"gid": "8", "name": "Fair", "owner": None, "archived": True, "privacy_setting": setting}
    server.script += [data(told), data([told])]
    project = await asana.project("8")
    assert (project.owner, project.archived, project.is_private) == (None, True, is_private)
    assert await only_page(asana.projects("900")) == [project]
    assert [seen.path for seen in server.seen] == ["/api/1.0/projects/8", "/api/1.0/workspaces/900/projects"]


async def test_projects_owned_are_those_of_the_owner(server, asana):
    server.always = data([
        {"gid": "1", "owner": {"gid": "1204"}},
        {"gid": "2", "owner": None},
        {"gid": "3", "owner": {"gid": "9"}},
    ])  # fmt: skip
    assert [project.gid for project in await only_page(asana.projects_owned("1204", "900"))] == ["1"]


async def test_search_tells_a_paid_plan_from_a_free_one(server, asana):
    server.script.append(data([]))
    assert await asana.search_is_available("900") is True
    server.script.append(refusal(402, "Search is only available to premium users."))
    assert await asana.search_is_available("900") is False


async def test_teams_users_and_workspaces_are_pages_too(server, asana):
    server.always = data([{"gid": "1", "name": "One", "email_domains": ["example.com"], "is_guest": True}])
    assert (await only_page(asana.teams("900")))[0].name == "One"
    assert (await only_page(asana.users("900")))[0].name == "One"
    assert (await only_page(asana.workspaces()))[0].email_domains == ["example.com"]
    assert (await only_page(asana.team_memberships("1204", "900")))[0].is_guest is True
    assert (await only_page(asana.workspace_memberships_of("1204")))[0].role is MembershipRole.GUEST
    assert [seen.query["limit"] for seen in server.seen] == ["100"] * 5


async def test_announced_changes_are_logged_once(server, asana, caplog):
    caplog.set_level(logging.WARNING, logger="usher.asana.changes")
    announced = "name=string_ids;info=https://asana.com/ids;affected=true"
    server.always = data({"gid": "1"}, asana_change=announced)
    await asana.me()
    await asana.me()
    server.always = data({"gid": "1"}, asana_change=";;= odd ;")
    await asana.me()
    assert [change.name for change in asana.changes_announced] == ["string_ids", ";;= odd ;"]
    assert asana.changes_announced[0].affected
    assert sum("string_ids" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize("gid", ["", ".", ".."])
async def test_an_id_cannot_change_the_path(server, asana, gid):
    with pytest.raises(ValueError, match="not an id"):
        await asana.workspace(gid)
    server.always = data({"gid": "1"})
    await asana.workspace("9/../users?x=1")
    assert server.seen[0].path == "/api/1.0/workspaces/9%2F..%2Fusers%3Fx%3D1"
    assert server.seen[0].query.keys() == {"opt_fields"}


@pytest.mark.parametrize("token", ["", "  ", "two words", "tök", "line\nbreak"])
def test_what_cannot_be_a_token_is_refused_without_being_repeated(token):
    with pytest.raises(ValueError, match="not an Asana token") as caught:
        BearerToken(token)
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("url", ["app.asana.com", "ftp://app.asana.com", "https://"])
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(ValueError, match="not a web address"):
        Asana(BearerToken("t"), url)
