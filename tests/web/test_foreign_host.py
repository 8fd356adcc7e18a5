"""Requests for another host get 400, whatever else is wrong with them."""

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/",
    "/sign-in/",
    "/no/such/page/",
    "/people",
    "/healthz",
    "/healthz/details",
    "/metrics",
    "/api/v1/cases",
    "/scim/v2/Users",
]


@pytest.mark.parametrize("is_https", [False, True])
@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1.evil.example", "a b", "", "ü"])
def test_a_foreign_host_gets_400(host: str, is_https: bool, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = is_https
    client = Client(raise_request_exception=False)
    for address in ADDRESSES:
        for method in (client.get, client.post):
            answer = method(address, SERVER_NAME=host, headers={"Host": host})
            assert answer.status_code == 400, (address, answer.status_code)
            assert "Usher could not read this request" in answer.content.decode()
