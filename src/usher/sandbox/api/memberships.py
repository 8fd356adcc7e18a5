"""Workspace memberships: the main list of people with role, licence and status."""

from collections.abc import Iterator

from usher.sandbox.company.company import Membership
from usher.sandbox.http.answers import Record, forbidden, unknown_object
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.http.shapes import MEMBERSHIP


def memberships_of_workspace(call: Call) -> Record:
    where, view = call.workspace_of_path(), call.view
    members, memberships = where.members, view.company.memberships
    if named := call.query("user"):
        theirs = view.company.memberships_of(call.any_person(named), where)
        return call.listed_all(MEMBERSHIP, [membership for membership in theirs if view.listed(membership)])

    def visible(start: int) -> Iterator[tuple[int, Membership]]:
        for position in range(start, len(members)):
            membership = memberships[members[position]]
            if membership.is_listed(view.now):
                yield position, membership

    return call.listed(MEMBERSHIP, visible)


def memberships_of_user(call: Call) -> Record:
    person, view = call.person(call.path("user_gid")), call.view
    memberships = [view.company.memberships[number] for number in person.memberships]
    visible = [m for m in memberships if m.workspace in view.own_memberships and view.listed(m)]
    return call.listed_all(MEMBERSHIP, visible)


def membership(call: Call) -> Record:
    gid, view = call.path("workspace_membership_gid"), call.view
    membership = view.company.membership_by_gid(gid)
    if membership is None or not view.listed(membership):
        raise unknown_object("workspace_membership", gid)
    if membership.workspace not in view.own_memberships:
        raise forbidden("You do not have access to this workspace membership.")
    return call.full(MEMBERSHIP, membership)


ROUTES = [
    endpoint("GET", "/workspaces/{workspace_gid}/workspace_memberships", memberships_of_workspace),
    endpoint("GET", "/workspace_memberships/{workspace_membership_gid}", membership),
    endpoint("GET", "/users/{user_gid}/workspace_memberships", memberships_of_user),
]
