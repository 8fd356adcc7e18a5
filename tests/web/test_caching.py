"""Nothing about anybody stays in a browser's or proxy's cache."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/people/",
        "/people/export.csv",
        "/ledger/",
        "/ledger/export.jsonl",
        "/no/such/page/",
        "/directory/",
    ],
)
def test_pages_and_exports_are_not_stored(browser: Client, address: str) -> None:
    answer = browser.get(address)
    assert "no-store" in answer.headers["Cache-Control"]


def test_answers_of_the_api_and_to_strangers_are_not_stored(client: Client) -> None:
    for address in (reverse("access:sign_in"), "/api/v1/cases", "/scim/v2/Users"):
        assert "no-store" in client.get(address).headers["Cache-Control"]


def test_static_files_are_kept(client: Client) -> None:
    answer = client.get("/static/web/css/theme.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers["Cache-Control"]
