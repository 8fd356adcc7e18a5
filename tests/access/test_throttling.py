from django.test import Client

from tests.access.conftest import PASSWORD
from usher.access.models import User


def attempt(
    client: Client, password: str, e_mail: str = "ada@example.com", address: str = "192.0.2.1"
) -> int:
    answer = client.post("/sign-in/", {"username": e_mail, "password": password}, REMOTE_ADDR=address)
    return answer.status_code


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(ada: User, client: Client) -> None:
    assert [attempt(client, f"wrong {number}") for number in range(5)] == [200, 200, 200, 200, 429]
    answer = client.post(
        "/sign-in/", {"username": "ada@example.com", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1"
    )
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.text
    assert client.get("/profile/").status_code == 302


def test_capitals_in_the_e_mail_give_no_further_attempts(ada: User, client: Client) -> None:
    for spelling in (
        "ada@example.com",
        "Ada@example.com",
        "aDa@example.com",
        "adA@example.com",
        "ADA@example.com",
    ):
        last = attempt(client, "wrong", spelling)
    assert last == 429


def test_others_can_still_sign_in_from_elsewhere(ada: User, client: Client) -> None:
    for number in range(6):
        attempt(client, f"wrong {number}", address="192.0.2.1")
    assert attempt(client, PASSWORD, address="192.0.2.2") == 302


def test_the_right_password_starts_the_count_anew(ada: User, client: Client) -> None:
    for _ in range(2):
        assert [attempt(client, "wrong") for _ in range(4)] == [200] * 4
        assert attempt(client, PASSWORD) == 302
        client.logout()
