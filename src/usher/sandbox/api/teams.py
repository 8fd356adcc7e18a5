"""Teams and their members."""

from usher.sandbox.api.users import team_of
from usher.sandbox.company.company import Membership, Person, Workspace
from usher.sandbox.http.answers import Record, bad, unknown_object
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.http.shapes import TEAM, TEAM_MEMBERSHIP
from usher.sandbox.life.work import Team, TeamMembership


def teams_of_workspace(call: Call) -> Record:
    """The teams that the caller may see: secret teams only for members, admins and service accounts."""
    where, view = call.workspace_of_path(), call.view
    own = {team.number for team in view.work.teams_of(view.own_memberships[where.number], view.now)}
    sees_all = view.is_admin_of(where)
    teams = view.work.teams(where)
    return call.listed_all(
        TEAM, [team for team in teams if sees_all or team.visibility != "secret" or team.number in own]
    )


def teams_of_user(call: Call) -> Record:
    where = call.workspace(call.required("organization"))
    return call.listed_all(TEAM, _teams(call, call.person(call.path("user_gid")), where))


def team(call: Call) -> Record:
    return call.full(TEAM, team_of(call, call.path("team_gid")))


def team_memberships(call: Call) -> Record:
    """By `team`, or by `user` together with `workspace`."""
    if gid := call.query("team"):
        return _members(call, team_of(call, gid))
    named = call.query("user")
    if named is None:
        raise bad("team: Missing input")
    return _of_person(call, named, call.required("workspace"))


def team_memberships_of_team(call: Call) -> Record:
    return _members(call, team_of(call, call.path("team_gid")))


def team_memberships_of_user(call: Call) -> Record:
    return _of_person(call, call.path("user_gid"), call.required("workspace"))


def team_membership(call: Call) -> Record:
    gid, view = call.path("team_membership_gid"), call.view
    membership = view.work.team_membership_by_gid(gid, view.now)
    if membership is None or membership.team.workspace not in view.own_memberships:
        raise unknown_object("team_membership", gid)
    return call.full(TEAM_MEMBERSHIP, membership)


def _members(call: Call, team: Team) -> Record:
    return call.listed_all(TEAM_MEMBERSHIP, list(call.view.work.team_memberships(team, call.view.now)))


def _of_person(call: Call, named: str, workspace_gid: str) -> Record:
    where = call.workspace(workspace_gid)
    person = call.person(named)
    membership = _membership(call, person, where)
    return call.listed_all(
        TEAM_MEMBERSHIP,
        [TeamMembership(team, membership) for team in _teams(call, person, where)] if membership else [],
    )


def _teams(call: Call, person: Person, where: Workspace) -> list[Team]:
    membership = _membership(call, person, where)
    return call.view.work.teams_of(membership, call.view.now) if membership else []


def _membership(call: Call, person: Person, where: Workspace) -> Membership | None:
    return call.view.company.membership_of(person, where)


ROUTES = [
    endpoint("GET", "/workspaces/{workspace_gid}/teams", teams_of_workspace),
    endpoint("GET", "/users/{user_gid}/teams", teams_of_user),
    endpoint("GET", "/teams/{team_gid}", team),
    endpoint("GET", "/team_memberships", team_memberships),
    endpoint("GET", "/team_memberships/{team_membership_gid}", team_membership),
    endpoint("GET", "/teams/{team_gid}/team_memberships", team_memberships_of_team),
    endpoint("GET", "/users/{user_gid}/team_memberships", team_memberships_of_user),
]
