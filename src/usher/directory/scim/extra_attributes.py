"""Attributes that no schema of ours declares: companies send their own, and get them back, also when they PATCH."""

from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidPathException, PatchOp, Path, Resource

Operation = tuple[str, str, object]
"""What to do (add, remove or replace), the path, the value."""


def keep_undeclared(resource: Resource[Any], patch: "PatchOp[Any]") -> bool:
    """Does what a PATCH asks of undeclared attributes, which scim2-models passes over. True where that changed any."""
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
    """Where the attribute is kept, and under which name: in the object of its schema, where the path names one.

    A path with an object for a value, such as “urn:company:2.0:User”, is a schema itself.
    """
    schema, colon, name = path.rpartition(":")
    if not colon or isinstance(value, dict) or path in attributes:
        return attributes, path
    known = attributes.get(schema, {})
    if not isinstance(known, dict):
        return attributes, path
    # A copy: the object itself is that of the row as it was read, with which the result is compared.
    attributes[schema] = dict(known)
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
