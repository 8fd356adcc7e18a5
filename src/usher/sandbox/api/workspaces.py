"""Workspaces, and adding and removing people."""

from usher.sandbox.company.timeline import GUEST, MEMBER, changed
from usher.sandbox.http.answers import Record, bad, forbidden
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.http.shapes import USER_AFTER_INVITATION, WORKSPACE
from usher.sandbox.life.removal import remove_member


def workspaces(call: Call) -> Record:
    return call.listed_all(WORKSPACE, call.view.workspaces)


def workspace(call: Call) -> Record:
    return call.full(WORKSPACE, call.workspace_of_path())


def add_user(call: Call) -> Record:
    """By gid or e-mail address. An unknown address is invited and counts as active at once, as in Asana."""
    where, named, view = call.workspace_of_path(), call.data("user"), call.view
    call.refuse_view_only()
    company = view.company
    own = view.own_memberships[where.number].at(view.now)
    if own is not None and own.role == "guest":
        raise forbidden("You do not have permission to invite people to this workspace.")
    person = company.person_by_email(named) if "@" in named else call.any_person(named)
    if person is None:
        if named.startswith("@") or named.endswith("@") or " " in named:
            raise bad(f"user: Not a valid email address: {named}")
        person = company.add_person(named.partition("@")[0], named)
    domain = (person.email or "").rpartition("@")[2].lower()
    first = GUEST if where.is_organization and domain not in where.email_domains else MEMBER
    membership = company.membership_of(person, where)
    is_there = membership is not None and membership.is_active(view.now)
    call.changed_person("adds", person, where, took_effect=not is_there)
    if membership is None:
        company.invite(person, where, ((int(view.now), first),))
    elif not is_there:
        company.alter(membership, changed(membership.history, int(view.now), first))
    return call.full(USER_AFTER_INVITATION, person)


def remove_user(call: Call) -> Record:
    where, named = call.workspace_of_path(), call.data("user")
    call.refuse_view_only()
    if not call.view.is_admin_of(where):
        raise forbidden("You must be an admin of this workspace to remove people from it.")
    person = call.any_person(named)
    membership = call.view.company.membership_of(person, where)
    is_there = membership is not None and membership.is_active(call.view.now)
    call.changed_person("removals", person, where, took_effect=is_there)
    remove_member(call.view, call.active_member(named, where))
    return {"data": {}}


ROUTES = [
    endpoint("GET", "/workspaces", workspaces),
    endpoint("GET", "/workspaces/{workspace_gid}", workspace),
    endpoint("POST", "/workspaces/{workspace_gid}/addUser", add_user),
    endpoint("POST", "/workspaces/{workspace_gid}/removeUser", remove_user),
]
