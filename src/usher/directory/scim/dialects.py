"""Translates what identity providers send differently from the standard.

Not here is what scim2-models accepts by itself: capitals in `op`, booleans as strings, keys that are paths, entries
described by a filter, members to remove in the value.
"""

from typing import Any, TypeGuard

MANAGER = "manager"
MEMBERS = "members"
READ_ONLY = frozenset({"id", "meta", "groups"})
WRAPPED = frozenset(
    {"displayname", "username", "active", "externalid", "title", "name.givenname", "name.familyname"}
)


def standard_patch(payload: object) -> object:
    """A PATCH body, corrected in place. Anything else is left for the validation to reject."""
    operations = _operations(payload)
    for operation in list(operations):
        if isinstance(operation, dict):
            operations += _from_filtered_keys(operation)
    for operation in operations:
        if isinstance(operation, dict):
            _standard_operation(operation)
    return payload


def standard_user(payload: object) -> object:
    """The body of a POST or PUT of a user, corrected in place."""
    if isinstance(payload, dict):
        _managers_as_objects(payload)
    return payload


def _operations(payload: object) -> list[Any]:
    if not isinstance(payload, dict):
        return []
    operations = next((value for key, value in payload.items() if key.lower() == "operations"), None)
    return operations if isinstance(operations, list) else []


def _from_filtered_keys(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Turns each {"emails[type eq …].value": …} of Microsoft Entra ID into an operation of its own."""
    value = operation.get("value")
    if operation.get("path") or not isinstance(value, dict):
        return []
    filtered = [key for key in value if "[" in key]
    return [{"op": operation.get("op"), "path": key, "value": value.pop(key)} for key in filtered]


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
    elif _names_manager(path):
        _standard_manager(operation, value)
    elif path.lower() in WRAPPED and _is_wrapped(value):
        operation["value"] = value[0]["value"]


def _standard_manager(operation: dict[str, Any], value: object) -> None:
    """Microsoft Entra ID sends only the manager's id, and an empty one when the manager is removed."""
    if isinstance(value, str) and not value and str(operation.get("op", "")).lower() != "remove":
        operation["op"] = "remove"
        del operation["value"]
    elif isinstance(value, str):
        operation["value"] = {"value": value}


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
