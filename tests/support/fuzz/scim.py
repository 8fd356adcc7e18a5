"""SCIM requests that no identity provider sends: filters, paths and bodies made of sharp values."""

import json
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.db import transaction
from django.test import Client
from hypothesis import strategies as st

from tests.support.fuzz.values import values

ATTRIBUTES = [
    "userName",
    "externalId",
    "active",
    "displayName",
    "id",
    "meta.created",
    "meta.lastModified",
    "emails",
    "emails.value",
    'emails[type eq "work"]',
    'emails[type eq "work"].value',
    "members",
    'members[value eq "1"]',
    "name.givenName",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    "schemas",
    "nothing",
    "",
]
OPERATORS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "xx", ""]
PATHS = [
    "Users",
    "Users/1",
    "Users/{}",
    "Groups",
    "Groups/1",
    "Groups/{}",
    "Users/.search",
    ".search",
    "Bulk",
]
PATHS += ["Me", "Schemas", "ResourceTypes", "ServiceProviderConfig", "{}", ""]
METHODS = ["GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
TYPES = ["application/scim+json", "application/json", "text/plain", "application/json; charset=utf-16", ""]


class ScimCall(msgspec.Struct, frozen=True):
    method: str
    path: str
    query: str
    body: bytes
    content_type: str

    def send(self, token: str) -> int:
        """The status of the answer. Whatever the request changes is taken back."""
        client = Client(raise_request_exception=False, headers={"authorization": f"Bearer {token}"})
        with transaction.atomic():
            answer = client.generic(
                self.method,
                f"/scim/v2/{self.path}?{self.query}",
                self.body,
                content_type=self.content_type,
            )
            transaction.set_rollback(True)
        return int(answer.status_code)


def filters() -> st.SearchStrategy[str]:
    value = st.one_of(values().map(json.dumps), values(), st.sampled_from(['"\\u0000"', '"\\ud800"']))
    simple = st.tuples(st.sampled_from(ATTRIBUTES), st.sampled_from(OPERATORS), value).map(" ".join)
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            inner.map(lambda text: f"not ({text})"),
            st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join),
            inner.map(lambda text: f"emails[{text}]"),
            inner.map(lambda text: "(" * 200 + text),
        ),
        max_leaves=4,
    )


def _json_values() -> st.SearchStrategy[Any]:
    return st.recursive(
        st.one_of(values(), st.none(), st.booleans(), st.integers(), st.floats()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from([*ATTRIBUTES, "value", "type", "primary"]), inner, max_size=3),
        ),
        max_leaves=6,
    )


def bodies() -> st.SearchStrategy[bytes]:
    operation = st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "replace", "remove", "Replace", "test", ""])},
        optional={"path": st.sampled_from(ATTRIBUTES) | filters(), "value": _json_values()},
    )
    patch = st.lists(operation | _json_values(), max_size=3).map(
        lambda each: {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": each}
    )
    user = st.dictionaries(st.sampled_from(ATTRIBUTES), _json_values(), max_size=5)
    search = st.fixed_dictionaries({}, optional={"filter": filters(), "count": _json_values()})
    raw = st.sampled_from(
        [b"", b"{", b"[" * 20_000, b"\xff\xfe", b'{"userName": "\\ud800"}', b"null", b"1e999"]
    )
    return st.one_of(st.one_of(patch, user, search, _json_values()).map(json.dumps).map(str.encode), raw)


def calls() -> st.SearchStrategy[ScimCall]:
    parameters = st.fixed_dictionaries(
        {},
        optional={
            "filter": filters(),
            "startIndex": values(),
            "count": values(),
            "sortBy": st.sampled_from(ATTRIBUTES) | values(),
            "sortOrder": values(),
            "attributes": st.sampled_from(ATTRIBUTES) | values(),
            "excludedAttributes": values(),
            "cursor": values(),
        },
    )
    return st.builds(
        lambda method, path, part, query, body, content_type: ScimCall(
            method, path.format(urlencode({"": part})[1:]), urlencode(query), body, content_type
        ),
        st.sampled_from(METHODS),
        st.sampled_from(PATHS),
        values(),
        parameters,
        bodies(),
        st.sampled_from(TYPES),
    )
