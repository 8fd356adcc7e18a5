"""What a request says about whether somebody is active, however it is written. Pure: no database, no library.

Identity providers write `active` in many ways: with any capital letters, with the name of its schema, as a word or a
number, wrapped in an object or a list, with or without a path. What cannot be read in the rest of the request does
not matter here.
"""

import json
import re
from collections.abc import Iterator

ABOUT_ACTIVE = re.compile(
    r"""
    /?
    (?: (?: urn:(?:ietf:params:)?scim:schemas:
            (?: core:\d(?:\.\d)? | extension:enterprise:\d(?:\.\d)? )
            (?: [:.]user )?
          | (?:enterprise)?user
        ) [:./] )?
    active
    (?: \[.*\] )?
    (?: [./](?:value|active) )?
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
USER_SCHEMA = re.compile(
    r"urn:(?:ietf:params:)?scim:schemas:(?:core|extension:enterprise):\d(?:\.\d)?(?:[:.]user)?", re.IGNORECASE
)
YES = frozenset({"true", "1", "1.0", "yes", "y", "t", "on", "active", "enabled"})
NO = frozenset({"false", "0", "0.0", "no", "n", "f", "off", "inactive", "disabled"})
SAY_NOTHING = frozenset({"remove", "delete", "test", "copy", "move"})
"""Operations that give no value: whoever removes `active` has not said that somebody left."""
DEEPEST = 20
"""Values wrapped more often than this are not looked into."""


def active_in(payload: object) -> bool | None:
    """The last definite word of a POST, PUT or PATCH body about `active`; None if it has none."""
    said: bool | None = None
    for value in values_of_active(payload):
        meant = _meant(value)
        said = said if meant is None else meant
    return said


def is_unreadable(payload: object) -> bool:
    """Whether a body gives `active` a value, and none of its values can be read."""
    values = [value for value in values_of_active(payload) if value is not None]
    return bool(values) and all(_meant(value) is None for value in values)


def names_active(path: str) -> bool:
    return ABOUT_ACTIVE.fullmatch(path.strip()) is not None


def is_user_schema(path: str) -> bool:
    """Whether the path is the schema of users itself, so that its value holds their attributes."""
    return USER_SCHEMA.fullmatch(path.strip()) is not None


def values_of_active(payload: object) -> Iterator[object]:
    """Every value that the body gives `active`, in order."""
    if not isinstance(payload, dict):
        return
    yield from _values_in(payload)
    for key, value in payload.items():
        if key.strip().lower() == "operations":
            yield from _values_in_operations(value)


def _values_in_operations(operations: object, depth: int = 0) -> Iterator[object]:
    if isinstance(operations, list) and depth < DEEPEST:
        for each in operations:
            yield from _values_in_operations(each, depth + 1)
    if not isinstance(operations, dict):
        return
    operation = {key.strip().lower(): value for key, value in operations.items()}
    if str(operation.get("op", "")).strip().lower() in SAY_NOTHING:
        return
    path, value = operation.get("path"), operation.get("value")
    if isinstance(path, str) and names_active(path):
        yield value
    elif not path or (isinstance(path, str) and (not path.strip(" /") or is_user_schema(path))):
        yield from _values_in(value)


def _values_in(attributes: object, depth: int = 0) -> Iterator[object]:
    """The values of `active` among the attributes of a user."""
    if depth > DEEPEST:
        return
    if isinstance(attributes, str) and attributes.lstrip().startswith("{"):
        try:
            attributes = json.loads(attributes)
        except (ValueError, RecursionError):
            return
    if isinstance(attributes, list):
        for each in attributes:
            yield from _values_in(each, depth + 1)
    elif isinstance(attributes, dict):
        for key, value in attributes.items():
            if names_active(key):
                yield value
            elif is_user_schema(key):
                yield from _values_in(value, depth + 1)


def _meant(value: object, depth: int = 0) -> bool | None:
    match value:
        case bool():
            return value
        case int() | float():
            return bool(value) if value in (0, 1) else None
        case str():
            return _meant_by_word(value)
        case list() | dict() if depth > DEEPEST:
            return None
        case list():
            meant = [said for each in value if (said := _meant(each, depth + 1)) is not None]
            return meant[-1] if meant else None
        case dict():
            inner = [each for key, each in value.items() if key.strip().lower() in ("value", "active")]
            return _meant(inner, depth + 1)
        case _:
            return None


def _meant_by_word(text: str) -> bool | None:
    word = text.strip().strip("\"'").strip().lower()
    return True if word in YES else False if word in NO else None
