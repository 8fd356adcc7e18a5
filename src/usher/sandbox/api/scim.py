"""SCIM 2.0 for service accounts: people of their organizations except guests, licences, and removals.

Removed people stay as `active: false` while the API lists them. Teams as groups are not simulated.
"""

import re

import msgspec

from usher.sandbox.api.scim_endpoint import CORE, listed, scim_endpoint
from usher.sandbox.company.company import Membership, Person, Workspace
from usher.sandbox.company.timeline import Licence, changed, standing
from usher.sandbox.http.answers import AsanaError, Record
from usher.sandbox.http.dialect import Reply
from usher.sandbox.http.endpoint import Call
from usher.sandbox.life.removal import remove_member

LICENCES: dict[str, Licence] = {"view only": "view_only", "enterprise": "member"}
_FILTER = re.compile(r'\s*userName\s+eq\s+("(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)
HIDDEN = "@hidden.example"
_SETTABLE = {"active": "active", "usertype": "userType"}


class Wanted(msgspec.Struct):
    """What a PUT or PATCH changes. None is left unchanged."""

    active: bool | None = None
    licence: Licence | None = None


def users(call: Call) -> Record:
    """Everyone at once without `count`, because Asana documents no paging."""
    text = call.query("filter")
    people = _people(call) if text is None else _named(call, address_in(text))
    start, count = max(1, _number(call, "startIndex", 1)), max(0, _number(call, "count", len(people)))
    page = people[start - 1 : start - 1 + count]
    resources = [_resource(call, person, memberships) for person, memberships in page]
    return {**listed(resources, total=len(people)), "startIndex": start, "itemsPerPage": len(page)}


def user(call: Call) -> Record:
    return _resource(call, *_known(call))


def patch_user(call: Call) -> Record:
    person, memberships = _known(call)
    given: dict[str, object] = {}
    operations = call.body.data.get("Operations")
    for operation in operations if isinstance(operations, list) else ():
        if not isinstance(operation, dict) or str(operation.get("op")).lower() not in ("replace", "add"):
            raise _wrong("Only the operations replace and add are supported.", "invalidSyntax")
        path, value = operation.get("path"), operation.get("value")
        given |= {str(path): value} if path else value if isinstance(value, dict) else {}
    for name in given:
        if name.lower() not in _SETTABLE:
            raise _wrong(f"This attribute cannot be set: {name}", "invalidPath")
    if not given:
        raise _wrong("There are no changes.", "invalidSyntax")
    _do(call, person, memberships, _wanted(given))
    return _resource(call, person, memberships)


def replace_user(call: Call) -> Record:
    """Applies `active` and `userType`; everything else is left unchanged."""
    person, memberships = _known(call)
    _do(call, person, memberships, _wanted(call.body.data))
    return _resource(call, person, memberships)


def delete_user(call: Call) -> Reply:
    try:
        person, memberships = _known(call)
    except AsanaError:
        _count_vain_removal(call)
        raise
    _do(call, person, memberships, Wanted(active=False))
    return Reply(204)


# finding people


def address_in(text: str) -> str:
    """The person whom a filter names. Raises AsanaError 400 for every other filter."""
    match = _FILTER.fullmatch(text)
    try:
        if match is not None:
            return msgspec.json.decode(match[1], type=str)
    except msgspec.DecodeError:
        pass
    raise _wrong(f"This filter is not supported: {text}", "invalidFilter")


def _named(call: Call, address: str) -> list[tuple[Person, list[Membership]]]:
    company = call.view.company
    person = company.person_by_email(address) or company.person_by_gid(address.removesuffix(HIDDEN))
    if person is None or _user_name(call, person).lower() != address.lower():
        return []
    memberships = _memberships(call, person)
    return [(person, memberships)] if memberships else []


def _people(call: Call) -> list[tuple[Person, list[Membership]]]:
    """Each person with the memberships that SCIM covers, ordered by gid."""
    company = call.view.company
    memberships: dict[int, list[Membership]] = {}
    for where in _organizations(call):
        for number in where.members:
            membership = company.memberships[number]
            if _is_told(call, membership):
                memberships.setdefault(membership.person, []).append(membership)
    return [(company.people[number], memberships[number]) for number in sorted(memberships)]


def _known(call: Call) -> tuple[Person, list[Membership]]:
    """Raises AsanaError 404 for guests, strangers and people who are no longer listed."""
    gid = call.path("user_gid")
    person = call.view.company.person_by_gid(gid)
    memberships = [] if person is None else _memberships(call, person)
    if person is None or not memberships:
        raise AsanaError(404, f"User {gid} not found")
    return person, memberships


def _memberships(call: Call, person: Person) -> list[Membership]:
    of_person = (call.view.company.membership_of(person, where) for where in _organizations(call))
    return [m for m in of_person if m is not None and _is_told(call, m)]


def _count_vain_removal(call: Call) -> None:
    company = call.view.company
    person = company.person_by_gid(call.path("user_gid"))
    if person is not None:
        for where in _organizations(call):
            if company.membership_of(person, where) is not None:
                call.changed_person("removals", person, where, took_effect=False)


def _is_told(call: Call, membership: Membership) -> bool:
    now = membership.at(call.view.now)
    is_program = call.view.company.people[membership.person].is_service_account
    return now is not None and now.status != "vanished" and now.role != "guest" and not is_program


def _organizations(call: Call) -> list[Workspace]:
    return [where for where in call.view.workspaces if where.is_organization and not where.is_free]


# changes


def _wanted(given: dict[str, object]) -> Wanted:
    values = {_SETTABLE.get(name.lower()): value for name, value in given.items()}
    wanted = Wanted()
    if "active" in values:
        text = str(values["active"]).lower()  # some clients send it as text
        if text not in ("true", "false"):
            raise _wrong(f"active: not true or false: {values['active']}", "invalidValue")
        wanted.active = text == "true"
    if "userType" in values:
        wanted.licence = LICENCES.get(str(values["userType"]).lower())
        if wanted.licence is None:
            raise _wrong(f"userType: not a known type: {values['userType']}", "invalidValue")
    return wanted


def _do(call: Call, person: Person, memberships: list[Membership], wanted: Wanted) -> None:
    company, now = call.view.company, call.view.now
    if "changes_nothing" in call.sandbox.scim_oddities:
        return
    if wanted.active and not any(m.is_active(now) for m in memberships):
        raise _wrong("Re-activating a user by SCIM is not supported.", "mutability")
    for membership in memberships:
        where, before = company.workspaces[membership.workspace], membership.at(now)
        if wanted.active is False:
            is_there = membership.is_active(now)
            call.changed_person("removals", person, where, took_effect=is_there)
            if is_there:
                remove_member(call.view, membership)
        elif wanted.licence is not None and before is not None and before.status == "active":
            is_new = before.licence != wanted.licence
            call.changed_person("licence_changes", person, where, took_effect=is_new)
            if is_new:
                after = standing("active", "member", wanted.licence)  # an admin cannot be view-only
                company.alter(membership, changed(membership.history, int(now), after))


# records


def _resource(call: Call, person: Person, memberships: list[Membership]) -> Record:
    standings = [now for m in memberships if (now := m.at(call.view.now)) is not None]
    active = [now for now in standings if now.status == "active"]
    view_only = any(now.licence == "view_only" for now in active or standings)
    address = _user_name(call, person)
    given, _, family = person.name.partition(" ")
    oddities = call.sandbox.scim_oddities
    gid = call.view.company.gids.users.gid(person.number)
    record: Record = {
        "schemas": [f"{CORE}User"],
        "id": int(gid) if "number_ids" in oddities else gid,
        "userName": address,
        "name": {"givenName": given, "familyName": family, "formatted": person.name},
        "emails": [{"value": address, "primary": True, "type": "work"}],
        "active": str(bool(active)) if "active_as_text" in oddities else bool(active),
    }
    if "no_user_type" not in oddities:
        record["userType"] = "view only" if view_only else "enterprise"
    return record


def _user_name(call: Call, person: Person) -> str:
    """SCIM shows everyone's address, even if the API hides it."""
    return person.email or f"{call.view.company.gids.users.gid(person.number)}{HIDDEN}"


def _number(call: Call, name: str, otherwise: int) -> int:
    text = call.query(name)
    try:
        return otherwise if text is None else int(text)
    except ValueError:
        raise _wrong(f"{name}: not a number: {text}", "invalidValue") from None


def _wrong(message: str, kind: str) -> AsanaError:
    return AsanaError(400, message, code=kind)


ROUTES = [
    scim_endpoint("GET", "/Users", users),
    scim_endpoint("GET", "/Users/{user_gid}", user),
    scim_endpoint("PATCH", "/Users/{user_gid}", patch_user),
    scim_endpoint("PUT", "/Users/{user_gid}", replace_user),
    scim_endpoint("DELETE", "/Users/{user_gid}", delete_user),
]
