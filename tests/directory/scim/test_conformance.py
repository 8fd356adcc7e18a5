"""scim2-tester against the running server, over HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer
from scim2_client import BaseSyncSCIMClient, RequestNetworkException
from scim2_tester import Status, check_server

from usher.directory.models import Source


class ScimOverHttp(BaseSyncSCIMClient):
    """scim2-client on the HTTP library that Usher has; the one of its own needs another."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self.http = http

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        try:
            return self.http.request(method, url, **kwargs)
        except httpx.RequestError as error:
            raise RequestNetworkException from error


@pytest.fixture
def source(transactional_db: None) -> Source:
    return Source.objects.create(name="Okta", kind=Source.Kind.SCIM)


@pytest.fixture
def over_http(live_server: LiveServer, token: str) -> Iterator[ScimOverHttp]:
    with httpx.Client(
        base_url=f"{live_server.url}/scim/v2", headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as http:
        yield ScimOverHttp(http)


@pytest.mark.parametrize("resource_type", ["User", "Group"])
def test_scim2_tester_finds_no_error(over_http: ScimOverHttp, resource_type: str) -> None:
    results = check_server(over_http, resource_types=[resource_type])
    assert len(results) > 30
    assert {result.status for result in results} == {Status.SUCCESS}, [
        (result.title, result.reason) for result in results if result.status != Status.SUCCESS
    ]
