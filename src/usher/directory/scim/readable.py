"""Keeps what can be read of a request about a user. One part that cannot be read never loses the rest."""

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json
from scim2_models import Context, PatchOp, Resource, SCIMException
from scim2_server.utils import parametrize

from usher.directory.scim.refused import invalid_syntax
from usher.platform.storable import is_storable, storable


def decoded(body: bytes) -> object:
    """The JSON value of a body, without characters that cannot be stored and without null in lists.

    Raises InvalidSyntaxException.
    """
    try:
        value = from_json(body)
    except ValueError:
        try:
            value = json.loads(body.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError):
            raise invalid_syntax("The body is not JSON.") from None
    return _storable(value)


def _storable(value: object) -> object:
    match value:
        case str():
            return value if is_storable(value) else storable(value.replace("\x00", ""))
        case dict():
            return {_storable(key): _storable(each) for key, each in value.items()}
        case list():
            return [_storable(each) for each in value if each is not None]
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
        case _:
            return value


def readable_user(model: type[Resource[Any]], attributes: dict[str, Any], context: Context) -> Resource[Any]:
    """The user with every attribute that can be read."""
    try:
        return model.model_validate(_with_one_primary(attributes), scim_ctx=context)
    except ValidationError:
        kept = {name: _readable(model, name, value) for name, value in attributes.items()}
        kept = {name: value for name, value in kept.items() if value is not None}
        return model.model_validate(_with_one_primary(kept), scim_ctx=context)


def _readable(model: type[Resource[Any]], name: str, value: object) -> object:
    """What can be read of one attribute; None if nothing can."""
    if _can_be_read(model, {name: value}):
        return value
    match value:
        case list():
            return [each for each in value if _can_be_read(model, {name: [each]})] or None
        case dict():
            return {
                key: each for key, each in value.items() if _can_be_read(model, {name: {key: each}})
            } or None
        case _:
            return str(value) if _can_be_read(model, {name: str(value)}) else None


def _can_be_read(model: type[Resource[Any]], attributes: dict[str, Any]) -> bool:
    try:
        model.model_validate(attributes)
    except (ValidationError, SCIMException):
        return False
    return True


def _with_one_primary(attributes: dict[str, Any]) -> dict[str, Any]:
    """Of several entries that say they are the primary one, the first is."""
    return {
        name: one_primary(value) if isinstance(value, list) else value for name, value in attributes.items()
    }


def one_primary(entries: list[Any]) -> list[Any]:
    """Copies the entries that are changed."""
    kept: list[Any] = []
    is_taken = False
    for each in entries:
        says_so = isinstance(each, dict) and str(each.get("primary")).lower() == "true"
        kept.append({**each, "primary": False} if says_so and is_taken else each)
        is_taken = is_taken or says_so
    return kept


def readable_patch(model: type[Resource[Any]], operations: list[dict[str, Any]]) -> "PatchOp[Any]":
    """The operations that can be read, in order; perhaps none."""
    for each in operations:
        if isinstance(each.get("value"), list):
            each["value"] = one_primary(each["value"])
    patch_model = parametrize(PatchOp, model)
    patch = _validated(patch_model, operations)
    if patch is not None:
        return patch
    readable = [each for each in operations if _validated(patch_model, [each]) is not None]
    patch = _validated(patch_model, readable)
    return patch if patch is not None else patch_model.model_construct(operations=[])


def _validated(patch_model: type["PatchOp[Any]"], operations: list[dict[str, Any]]) -> "PatchOp[Any] | None":
    try:
        return patch_model.model_validate({"Operations": operations}, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    except (ValidationError, SCIMException):
        return None


def apply_readable(resource: Resource[Any], patch: "PatchOp[Any]") -> bool:
    """Applies the operations, leaving out those that do not fit the resource. True if that changed anything."""
    try:
        return patch.patch(resource)
    except (SCIMException, ValidationError):
        changed = False
        for operation in patch.operations or []:
            changed |= _applied(resource, type(patch).model_construct(operations=[operation]))
        return changed


def _applied(resource: Resource[Any], patch: "PatchOp[Any]") -> bool:
    try:
        return patch.patch(resource)
    except (SCIMException, ValidationError):
        return False


def settle_primaries(resource: Resource[Any]) -> None:
    """Entries stored before only one of them could be the primary one."""
    for name in type(resource).model_fields:
        entries = getattr(resource, name)
        if not isinstance(entries, list):
            continue
        for each in [each for each in entries if getattr(each, "primary", None)][1:]:
            each.primary = False
