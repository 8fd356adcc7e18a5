"""Translates what identity providers send differently from the standard.

Not here is what scim2-models accepts by itself: capitals in `op`, booleans as strings, keys that are paths, entries
described by a filter, members to remove in the value.
"""

import re
from typing import Any, TypeGuard

from usher.directory.scim.activity import is_user_schema, names_active

MANAGER = "manager"
MEMBERS = "members"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
OLD_ENTERPRISE = re.compile(
    r"urn:scim:schemas:extension:enterprise:[12]\.0(?::User)?(?=[:.]|$)", re.IGNORECASE
)
OLD_CORE = re.compile(r"urn:scim:schemas:core:[12]\.0(?::User)?(?=[:.]|$)", re.IGNORECASE)
DOTTED = re.compile(rf"({re.escape(ENTERPRISE)}|{re.escape(CORE)})\.(?=\w)", re.IGNORECASE)
MANAGER_PATH = re.compile(
    rf"(?:{re.escape(ENTERPRISE)}:)?manager(?P<filter>\[.*\])?(?P<rest>\.\w+|\.\$ref)?",
    re.IGNORECASE | re.DOTALL,
)
READ_ONLY = frozenset({"id", "meta", "groups"})
SINGLE_TEXTS = frozenset(
    {"displayname", "username", "externalid", "title", "nickname", "usertype", "locale", "timezone"}
    | {"preferredlanguage", "profileurl", "name.givenname", "name.familyname", "name.formatted"}
)


def standard_group_patch(payload: object) -> object:
    """The PATCH body of a group, corrected in place. Anything else is left for the validation to reject."""
    for operation in _operations(payload):
        if isinstance(operation, dict):
            _standard_operation(operation)
    return payload


def standard_operations(payload: dict[str, Any], *, active: bool | None) -> list[dict[str, Any]]:
    """The operations of a PATCH of a user. What they say of `active` becomes one last operation: `active`."""
    operations: list[dict[str, Any]] = []
    for given in _all_operations(payload):
        for operation in _of_users(given):
            _standard_operation(operation)
            operations.append(operation)
    if active is not None:
        operations.append({"op": "replace", "path": "active", "value": active})
    return operations


def standard_user(payload: dict[str, Any], *, active: bool | None) -> dict[str, Any]:
    """The body of a POST or PUT of a user. `active` is what it says about that."""
    attributes = _attributes(payload)
    if active is not None:
        attributes["active"] = active
    schemas = attributes.pop("schemas", None)
    known = [_newer(each) for each in schemas if isinstance(each, str)] if isinstance(schemas, list) else []
    return ({"schemas": known} if known else {}) | attributes


def _attributes(given: dict[str, Any]) -> dict[str, Any]:
    """Without `active`, and in the names of today's schemas. Attributes within the schema of users are users' own."""
    attributes: dict[str, Any] = {}
    for name, value in given.items():
        key = _newer(name.strip())
        if names_active(key):
            continue
        if key.lower() == CORE.lower() and isinstance(value, dict):
            attributes |= _attributes(value)
        elif key.lower() == ENTERPRISE.lower() and isinstance(value, dict):
            attributes[key] = {each: value[each] for each in value if not names_active(each)}
        elif key.lower().startswith(f"{CORE.lower()}:"):
            attributes[key[len(CORE) + 1 :]] = value
        else:
            attributes["schemas" if key.lower() == "schemas" else key] = value
    _managers_as_objects(attributes)
    return attributes


def _newer(path: str) -> str:
    """A path or schema, with the names that SCIM 1.1 and the drafts of 2.0 gave the schemas replaced by today's."""
    path = OLD_ENTERPRISE.sub(ENTERPRISE, OLD_CORE.sub(CORE, path))
    return DOTTED.sub(r"\1:", path)


def _operations(payload: object) -> list[Any]:
    if not isinstance(payload, dict):
        return []
    operations = next((value for key, value in payload.items() if key.lower() == "operations"), None)
    return operations if isinstance(operations, list) else []


def _all_operations(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Also of a body with a single operation, with lists in lists, or, as in SCIM 1.1, with attributes alone."""
    given = next((value for key, value in payload.items() if key.strip().lower() == "operations"), None)
    if given is None:
        attributes = {
            key: value for key, value in payload.items() if key.lower() not in {"schemas", *READ_ONLY}
        }
        return [{"op": "replace", "value": attributes}] if attributes else []
    found: list[dict[str, Any]] = []
    waiting = [given]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += reversed(each)
        elif isinstance(each, dict):
            found.append({key.strip().lower(): value for key, value in each.items()})
    return found


def _of_users(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The operation without what it says of `active`. One that gives several attributes becomes several."""
    kind, value = str(operation.get("op") or "replace").strip().lower(), operation.get("value")
    path = operation.get("path")
    path = _newer(path.strip(" /")) if isinstance(path, str) else ""
    if names_active(path):
        # What it says is in the last operation; one that removes `active` says nothing of the employee.
        return [{"op": kind, "path": "active"}] if kind == "remove" else []
    if not path or (is_user_schema(path) and path.lower() != ENTERPRISE.lower()):
        if not isinstance(value, dict):
            return []
        return [
            {"op": kind, "path": name, "value": each}
            for name, each in _attributes(value).items()
            if name.lower() not in {"schemas", *READ_ONLY}
        ]
    if kind == "remove":
        # What is removed is said by the path; a value, where it is no list, only repeats it.
        return [{"op": kind, "path": path} | ({"value": value} if isinstance(value, list) else {})]
    return (
        [{"op": kind, "path": path, "value": value}] if value is not None else _emptied(kind, path, operation)
    )


def _emptied(kind: str, path: str, operation: dict[str, Any]) -> list[dict[str, Any]]:
    """A value of null empties the attribute; adding nothing, or giving no value at all, changes nothing."""
    return [{"op": "remove", "path": path}] if kind == "replace" and "value" in operation else []


def _standard_operation(operation: dict[str, Any]) -> None:
    path, value = operation.get("path"), operation.get("value")
    if path == "":
        del operation["path"]
        path = None
    if isinstance(value, dict):
        _managers_as_objects(value)
    if not isinstance(path, str):
        if isinstance(value, dict):
            _without_read_only(value)
        return
    if path.lower() == MEMBERS:
        _plain_members(value, only_ids=str(operation.get("op", "")).lower() == "remove")
    elif manager := MANAGER_PATH.fullmatch(path):
        _standard_manager(operation, manager, value)
    elif path.lower() in SINGLE_TEXTS and _is_wrapped(value):
        operation["value"] = value[0]["value"]


def _standard_manager(operation: dict[str, Any], path: re.Match[str], value: object) -> None:
    """Microsoft Entra ID sends only the manager's id, and an empty one when the manager is removed.

    There is one manager: a filter that picks one of several, or a list of one, means that one.
    """
    if isinstance(value, list):
        value = next(iter(value), None)
    rest = path["rest"] or ""
    operation["path"] = f"{ENTERPRISE}:{MANAGER}{rest}"
    if str(operation.get("op", "")).lower() == "remove" or value in ("", None, {}):
        operation["op"] = "remove"
        operation.pop("value", None)
        if rest.lower() == ".value":
            operation["path"] = f"{ENTERPRISE}:{MANAGER}"
    elif isinstance(value, str | int) and not rest:
        operation["value"] = {"value": str(value)}
    else:
        operation["value"] = value


def _is_wrapped(value: object) -> TypeGuard[list[dict[str, Any]]]:
    """Microsoft Entra ID's older format: the value of a single attribute as [{"$ref": null, "value": "…"}]."""
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and "value" in value[0]


def _without_read_only(attributes: dict[str, Any]) -> None:
    """Okta also sends a group's id and a user's groups. Attributes that a client cannot change are to be ignored."""
    for key in list(attributes):
        if key.lower() in READ_ONLY:
            del attributes[key]
        elif key.lower() == MEMBERS:
            _plain_members(attributes[key])


def _plain_members(members: object, *, only_ids: bool = False) -> None:
    """Only ids matter: names are the employees' own, and a `$ref` of null means nothing."""
    for member in members if isinstance(members, list) else [members]:
        if isinstance(member, dict):
            for key in list(member):
                if key == "display" or member[key] is None or (only_ids and key != "value"):
                    del member[key]


def _managers_as_objects(attributes: dict[str, Any]) -> None:
    for key, value in list(attributes.items()):
        if _names_manager(key) and isinstance(value, str):
            attributes[key] = {"value": value} if value else None
        elif isinstance(value, dict) and key.lower().startswith("urn:"):
            _managers_as_objects(value)


def _names_manager(path: str) -> bool:
    return path.lower() == MANAGER or path.lower().endswith(f":{MANAGER}")
