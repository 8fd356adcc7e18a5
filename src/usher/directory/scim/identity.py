"""Who somebody is: what identifies a user in a request, and whether two records are of the same person. Pure."""

import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from usher.csvfiles.text import folded, without_accents
from usher.directory.normalise import name_key, normal_address
from usher.directory.scim.dialects import ENTERPRISE

TOMBSTONE = re.compile(r"[0-9a-f]{32}(?P<address>[^@\s]+@[^@\s]+)", re.IGNORECASE)
"""What Microsoft Entra ID makes of the user name and addresses of somebody who is deleted for now."""
HEXADECIMAL = re.compile(r"[0-9a-f]{8,}", re.IGNORECASE)
BETWEEN_NAMES = re.compile(r"[.\-_ ]+")


class Likeness(StrEnum):
    """How much two names have in common."""

    SAME = "same"
    SIMILAR = "similar"
    OTHER = "other"
    UNKNOWN = "unknown"


class Identity(msgspec.Struct, frozen=True):
    """What tells who a record is about. `key` is the user name in the form in which it is compared."""

    key: str
    external_id: str = ""
    number: str = ""
    name: str = ""
    address: str = ""


def is_same_person(one: Identity, other: Identity) -> bool:
    """Whether a record that is new is of somebody who was here before.

    The same external id or user name says so, unless the name or the number says that it was given to somebody else.
    """
    names = likeness(_name_of(one), _name_of(other))
    same_id = bool(one.external_id) and one.external_id == other.external_id
    other_id = bool(one.external_id and other.external_id) and not same_id
    if one.number and other.number:
        if one.number != other.number and not (same_id and names == Likeness.SAME):
            return False
        if one.number == other.number and same_id:
            return True
    if names == Likeness.OTHER:
        return False
    if same_id:
        return True
    return one.key == other.key and (names == Likeness.SAME or not other_id)


def likeness(one: str, other: str) -> Likeness:
    """A marriage changes the last name; the first name mostly stays, or is shortened."""
    mine, theirs = _parts(one), _parts(other)
    if not mine or not theirs:
        return Likeness.UNKNOWN
    if sorted(mine) == sorted(theirs):
        return Likeness.SAME
    if mine[0] == theirs[0] and len(mine[0]) > 1:
        return Likeness.SIMILAR
    shorter, longer = sorted((mine[0], theirs[0]), key=len)
    same_last_name = len(mine) > 1 and len(theirs) > 1 and mine[-1] == theirs[-1]
    is_short_form = longer.startswith(shorter) and (len(shorter) == 1 or len(shorter) > 2)
    return Likeness.SIMILAR if same_last_name and is_short_form else Likeness.OTHER


def _parts(name: str) -> list[str]:
    key = name_key(name) or folded(name)
    return [part for part in re.split(r"[.\s]+", without_accents(key)) if part]


def _name_of(identity: Identity) -> str:
    """The name, else what the address tells of it: anna.meier@… is Anna Meier."""
    if identity.name and "@" not in identity.name:
        return identity.name
    for address in (identity.address, identity.key):
        local, at, _ = address.partition("@")
        if at and len(BETWEEN_NAMES.split(local)) > 1:
            return " ".join(BETWEEN_NAMES.split(local))
    return ""


def employee_number_in(details: Mapping[str, Any]) -> str:
    """The employee number among what a client sent about a user."""
    enterprise = details.get(ENTERPRISE)
    number = enterprise.get("employeeNumber") if isinstance(enterprise, dict) else None
    return str(number).strip() if number else ""


def is_tombstone(text: str) -> bool:
    return living_address(text) != text


def living_address(text: str, known: Collection[str] = ()) -> str:
    """The address within a tombstone; any other text as it is. `known`: normal forms of the employee's addresses."""
    found = TOMBSTONE.fullmatch(text.strip())
    if found is None:
        return text
    address = found["address"]
    # Addresses of machines may be long hexadecimal numbers themselves.
    if HEXADECIMAL.fullmatch(address.partition("@")[0]) and normal_address(address) not in known:
        return text
    return address


def user_name_for(attributes: Mapping[str, object]) -> str:
    """The user name of a new user: their own, else the external id, else an address. Empty if there is none."""
    given = {key.strip().lower(): value for key, value in attributes.items()}
    emails = given.get("emails")
    entries = emails if isinstance(emails, list) else [emails]
    addresses = [each.get("value") if isinstance(each, dict) else each for each in entries]
    for value in (given.get("username"), given.get("externalid"), *addresses):
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return ""
