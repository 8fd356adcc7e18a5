"""By what means somebody signed in, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

MEANS = {"password": "password", "link": "sign-in link"}
SECOND = {"totp": "authenticator app", "webauthn": "passkey", "recovery_codes": "recovery code"}


def means_in_words(records: Iterable[Mapping[str, Any]]) -> str:
    """From the records of allauth, such as "password, authenticator app". A record may bring its own words, `said`."""
    ways = [
        record.get("said")
        or _provider(record)
        or MEANS.get(record["method"])
        or SECOND.get(record.get("type", ""), record["method"])
        for record in records
        if not record.get("reauthenticated")
    ]
    return ", ".join(dict.fromkeys(ways))


def _provider(record: Mapping[str, Any]) -> str | None:
    return f"single sign-on ({record['provider']})" if record["method"] == "socialaccount" else None
