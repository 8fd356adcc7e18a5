"""Attributes that Usher's schemas do not declare. Companies send their own and get them back, also after a PATCH."""

from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidPathException, PatchOp, Path, Resource

Operation = tuple[str, str, object]
"""What to do (add, remove or replace), the path, the value."""


def keep_undeclared(resource: Resource[Any], patch: "PatchOp[Any]") -> bool:
    """Applies a PATCH to undeclared attributes, which scim2-models ignores. True if that changed any."""
    changed = False
    for kind, path, value in _operations(patch):
        if _is_undeclared(resource, path):
            host, name = _place(resource.unknown_attributes, path, value)
            changed |= _set(host, name, kind, value)
    return changed


def _operations(patch: "PatchOp[Any]") -> Iterator[Operation]:
    for operation in patch.operations or []:
        kind, value = operation.op.value, operation.value
        if operation.path:
            yield kind, str(operation.path), value
        elif isinstance(value, dict):
            for path, each in value.items():
                if path.lower() != "schemas":
                    yield kind, path, each


def _is_undeclared(resource: Resource[Any], path: str) -> bool:
    if "[" in path:
        return False
    try:
        bound = Path.__class_getitem__(type(resource))(path)
    except InvalidPathException:
        return False
    return bound.model is None and bound.resolve() is None


def _place(attributes: dict[str, Any], path: str, value: object) -> tuple[dict[str, Any], str]:
    """The object that holds the attribute, and its name there: the object of its schema, if the path names one.

    A path whose value is an object, such as “urn:company:2.0:User”, is itself a schema.
    """
    schema, colon, name = path.rpartition(":")
    if not colon or isinstance(value, dict) or path in attributes:
        return attributes, path
    existing = attributes.get(schema, {})
    if not isinstance(existing, dict):
        return attributes, path
    # A copy: the object belongs to the row as it was read, and the result is compared with that.
    attributes[schema] = dict(existing)
    return attributes[schema], name


def _set(host: dict[str, Any], name: str, kind: str, value: object) -> bool:
    before = host.get(name)
    if kind == "remove" or value is None:
        host.pop(name, None)
    elif isinstance(before, dict) and isinstance(value, dict):
        host[name] = {**before, **value}
    else:
        host[name] = value
    return bool(host.get(name) != before)
