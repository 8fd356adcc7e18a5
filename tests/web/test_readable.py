"""What no page can read is refused with a sentence."""

import pytest
from django.test import Client

from usher.web.refused.readable import WHAT

ADDRESSES = ["/people/?q=a%00b", "/people/?%00=a", "/people/%00/", "/welcome/%00/", "/sign-in/?next=%00"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_u0000_is_refused(browser: Client, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 400
    assert WHAT in answer.text


def test_a_form_with_u0000_is_refused(browser: Client) -> None:
    answer = browser.post("/removals/stop/", {"reason": "a\0b"})
    assert answer.status_code == 400
    assert WHAT in answer.text


def test_a_cookie_with_u0000_is_refused(client: Client, db: None) -> None:
    """Browsers write such a character as \\000, which Python's cookies read as the character."""
    answer = client.get("/", headers={"Cookie": 'sessionid="\\000abcdefghijklmnopqrstuvwxyz012345"'})
    assert answer.status_code == 400


def test_the_api_says_the_same_as_json(client: Client, db: None) -> None:
    answer = client.get("/api/v1/leavers?connection=%00")
    assert answer.status_code == 422
    assert answer.json()["message"] == WHAT


def test_a_form_is_not_read_before_it_is_clear_who_may_send_it(client: Client, db: None) -> None:
    assert client.post("/removals/stop/", {"reason": "a\0b"}).status_code == 302
