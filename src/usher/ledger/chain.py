"""How an entry is hashed together with the hash of the one before it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TypeAlias

from usher.ledger.models import Entry

JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | bool | None"
"""Of mappings only dictionaries, of sequences only lists and tuples; no floats."""


def hash_of(entry: Entry) -> str:
    """SHA-256, in hexadecimal, of every other field as canonical JSON."""
    return hashlib.sha256(canonical(as_json(entry))).hexdigest()


def as_json(entry: Entry) -> "dict[str, JSON]":
    """Every field but the hash; the moment in UTC, to the microsecond."""
    return {
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
    """Keys sorted, no spaces, UTF-8. Raises ValueError for what PostgreSQL might not give back as it was."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check(value: object) -> None:
    match value:
        case None | bool() | int():
            pass
        case str():
            if "\0" in value or any(0xD800 <= ord(sign) <= 0xDFFF for sign in value):
                raise ValueError(f"the ledger cannot keep this text: {value!r}")
        case list() | tuple():
            for item in value:
                _check(item)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise ValueError(f"the ledger wants text for a key, not {key!r}")
                _check(key)
                _check(item)
        case _:
            raise ValueError(f"the ledger keeps no {type(value).__name__}: {value!r}")
