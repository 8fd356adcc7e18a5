"""No SCIM request makes Usher fail, whatever is in it. The long run: `python -m benchmarks.fuzz`."""

import pytest

from tests.support.directory.identity_provider import IdentityProvider
from tests.support.fuzz.running import fuzz
from tests.support.fuzz.scim import ScimCall, calls

NOT_OFFERED = frozenset({501})
"""RFC 7644 wants this status for /Me and what else a server does not offer."""


def test_no_request_makes_it_fail(idp: IdentityProvider, token: str) -> None:
    idp.add("greta@example.com", externalId="1", emails=[{"value": "greta@example.com", "type": "work"}])
    fuzz(calls(), 150, lambda call: call.send(token), described=NOT_OFFERED)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("filter=userName+eq+%22%5Cu0000%22", 400),
        ("filter=emails.value+eq+%22a%5Cu0000b%22+or+active+eq+true", 400),
        (f"startIndex={'9' * 30}", 200),
        (f"startIndex={2**63}&count={2**63}", 200),
        ("startIndex=-5&count=-1", 200),
    ],
)
def test_values_beyond_what_the_database_takes(token: str, query: str, status: int) -> None:
    call = ScimCall("GET", "Users", query, b"", "application/scim+json")
    assert call.send(token) == status
