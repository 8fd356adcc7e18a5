"""Hashing an entry together with the hash of the entry before it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TypeAlias

from usher.ledger.models import Entry

JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | bool | None"
"""Mappings have to be dictionaries, sequences lists or tuples. Floats are not allowed."""


def hash_of(entry: Entry) -> str:
    """The SHA-256, in hexadecimal, of all other fields as canonical JSON."""
    return hashlib.sha256(canonical(as_json(entry))).hexdigest()


def as_json(entry: Entry) -> "dict[str, JSON]":
    """All fields except the hash. The time is in UTC, to the microsecond.

    The connection only where there is one: the hashes of older entries do not cover it.
    """
    about = {} if entry.connection_id is None else {"connection_id": entry.connection_id}
    return about | {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_kind": entry.actor_kind,
        "actor_name": entry.actor_name,
        "actor_user_id": entry.actor_user_id,
        "via": entry.via,
        "action": entry.action,
        "subject": entry.subject,
        "reason": entry.reason,
        "before": entry.before,
        "after": entry.after,
        "previous_hash": entry.previous_hash,
    }


def canonical(value: "JSON") -> bytes:
    """Sorted keys, no spaces, UTF-8. Raises ValueError for values that PostgreSQL might not return unchanged."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check(value: object) -> None:
    match value:
        case None | bool() | int():
            pass
        case str():
            if "\0" in value or any(0xD800 <= ord(sign) <= 0xDFFF for sign in value):
                raise ValueError(f"the ledger cannot store this text: {value!r}")
        case list() | tuple():
            for item in value:
                _check(item)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise ValueError(f"keys in the ledger have to be text, not {key!r}")
                _check(key)
                _check(item)
        case _:
            raise ValueError(f"the ledger cannot store a value of type {type(value).__name__}: {value!r}")
