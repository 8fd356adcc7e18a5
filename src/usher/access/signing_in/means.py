"""By what means somebody signed in, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

MEANS = {"password": "password", "link": "sign-in link", "socialaccount": "single sign-on"}
SECOND = {"totp": "authenticator app", "webauthn": "passkey", "recovery_codes": "recovery code"}


def means_in_words(records: Iterable[Mapping[str, Any]]) -> str:
    """From the records of allauth, such as "password, authenticator app". A record may bring its own words, `said`."""
    ways = [
        record.get("said")
        or MEANS.get(record["method"])
        or SECOND.get(record.get("type", ""), record["method"])
        for record in records
        if not record.get("reauthenticated")
    ]
    return ", ".join(dict.fromkeys(ways))
