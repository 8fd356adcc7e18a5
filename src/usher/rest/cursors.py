"""The place in a list after which the next page begins: the value of the sort field, and a key that no other row has.

A page continues from what the last row was, not from a number of rows. So a row that is added or deleted meanwhile
neither hides another nor brings it twice, as long as what is sorted by stays as it is: keys do, names may not.
"""

import base64
import binascii
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import F as Named
from django.db.models import Field, Model, Q, QuerySet

LONGEST = 2_000
"""Characters of a cursor."""


class Place(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    sort: str
    value: str | int | float | bool | None
    key: str | int


class UnknownPlace(ValueError):
    """A text that is no cursor of this list."""


def write(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(text: str, sort: str) -> Place:
    """Raises UnknownPlace, also for a cursor of another order."""
    if len(text) > LONGEST or not text.isascii():
        raise UnknownPlace
    try:
        padded = text + "=" * (-len(text) % 4)
        place = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Place)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise UnknownPlace from error
    if place.sort != sort or "\0" in str(place.key):
        raise UnknownPlace
    return place


def field_of(model: type[Model], path: str) -> "Field[Any, Any]":
    """The field that a path such as `workspace__name` leads to."""
    *through, last = path.split("__")
    for name in through:
        related = model._meta.get_field(name).related_model
        assert isinstance(related, type)
        model = related
    found = model._meta.get_field(last)
    assert isinstance(found, Field)
    return found


def in_order(rows: "QuerySet[Any]", path: str, *, backwards: bool) -> "QuerySet[Any]":
    """By one field, empty values last, and by key among rows that have the same value."""
    if path == "pk":
        return rows.order_by("-pk" if backwards else "pk")
    by = Named(path)
    return rows.order_by(by.desc(nulls_last=True) if backwards else by.asc(nulls_last=True), "pk")


def after(rows: "QuerySet[Any]", path: str, place: Place, *, backwards: bool) -> "QuerySet[Any]":
    """The rows behind a place in the order of `in_order`. Raises UnknownPlace for a value that cannot be one."""
    key = _value(rows.model, "pk", place.key)
    if path == "pk":
        return rows.filter(Q(pk__lt=key) if backwards else Q(pk__gt=key))
    if place.value is None:
        return rows.filter(Q(**{f"{path}__isnull": True}), pk__gt=key)
    value = _value(rows.model, path, place.value)
    behind = Q(**{f"{path}__{'lt' if backwards else 'gt'}": value})
    among = Q(**{path: value}, pk__gt=key)
    empty = Q(**{f"{path}__isnull": True}) if field_of(rows.model, path).null else Q()
    return rows.filter(behind | among | empty)


def place_of(row: Model, sort: str, path: str) -> Place:
    value: Any = row
    for name in path.split("__"):
        value = getattr(value, name) if value is not None else None
    if value is not None and not isinstance(value, str | int | float | bool):
        value = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return Place(sort, value, row.pk)


def _value(model: type[Model], path: str, value: object) -> Any:  # noqa: ANN401  # of any field
    field = model._meta.pk if path == "pk" else field_of(model, path)
    if isinstance(value, str) and "\x00" in value:
        raise UnknownPlace
    try:
        found = field.to_python(value)
        field.run_validators(found)
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        raise UnknownPlace from error
    if isinstance(found, int) and abs(found) >= 2**63:
        raise UnknownPlace
    return found
