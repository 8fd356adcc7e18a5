"""Requests at the same time, as identity providers send them with many connections."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from tests.support.directory.identity_provider import ENTERPRISE, PATCH_OP, USER, IdentityProvider
from usher.directory.models import Employee, Source

TIMES = 8


@pytest.fixture
def source(transactional_db: None) -> Source:
    return Source.objects.create(name="Okta", kind=Source.Kind.SCIM)


def at_once(calls: Sequence[Callable[[], int]]) -> list[int]:
    """The statuses of calls that are made at the same time."""

    def call(one: Callable[[], int]) -> int:
        try:
            return one()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def status_of(idp: IdentityProvider, method: str, path: str, body: object) -> int:
    answer = idp.http.generic(method, f"/scim/v2{path}", json.dumps(body), content_type="application/json")
    return answer.status_code


def test_two_patches_at_once_lose_nothing(token: str) -> None:
    user = IdentityProvider(token).add()
    changes = {
        "title": "Buyer",
        "locale": "en",
        "nickName": "G",
        "displayName": "Greta",
        "timezone": "Europe/Rome",
    }
    changes |= {
        f"{ENTERPRISE}:department": "Finance",
        f"{ENTERPRISE}:costCenter": "1",
        "userType": "Employee",
    }

    def patch(path: str, value: str) -> Callable[[], int]:
        body = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": path, "value": value}]}
        return lambda: status_of(IdentityProvider(token), "PATCH", f"/Users/{user['id']}", body)

    assert set(at_once([patch(path, value) for path, value in changes.items()])) == {200}
    got = IdentityProvider(token)("GET", f"/Users/{user['id']}").json
    enterprise = got[ENTERPRISE]
    found = {path: enterprise[path.rpartition(":")[2]] if ":" in path else got[path] for path in changes}
    assert found == changes


def test_of_those_who_add_the_same_user_at_once_one_succeeds(token: str) -> None:
    body = {"schemas": [USER], "userName": "greta@example.com"}
    add = [lambda: status_of(IdentityProvider(token), "POST", "/Users", body)] * TIMES
    assert sorted(at_once(add)) == [201] + [409] * (TIMES - 1)
    assert Employee.objects.count() == 1


def test_of_those_who_take_the_same_user_name_at_once_one_succeeds(token: str) -> None:
    idp = IdentityProvider(token)
    users = [idp.add(f"u{number}@example.com") for number in range(TIMES)]

    def rename(user: dict[str, str]) -> Callable[[], int]:
        operation = {"op": "replace", "path": "userName", "value": "greta@example.com"}
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        return lambda: status_of(IdentityProvider(token), "PATCH", f"/Users/{user['id']}", body)

    assert sorted(at_once([rename(user) for user in users])) == [200] + [409] * (TIMES - 1)


def test_members_added_at_once_are_all_there(token: str) -> None:
    idp = IdentityProvider(token)
    group, users = idp.add_group(), [idp.add(f"u{number}@example.com") for number in range(TIMES)]

    def join(user: dict[str, str]) -> Callable[[], int]:
        operation = {"op": "add", "path": "members", "value": [{"value": user["id"]}]}
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        return lambda: status_of(IdentityProvider(token), "PATCH", f"/Groups/{group['id']}", body)

    assert set(at_once([join(user) for user in users])) == {204}
    assert len(idp("GET", f"/Groups/{group['id']}").json["members"]) == TIMES
