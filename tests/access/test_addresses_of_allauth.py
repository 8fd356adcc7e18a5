"""Of django-allauth's pages only those exist that Usher wants, and they take nobody elsewhere."""

import pytest
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, resolve, reverse

from tests.access.conftest import PASSWORD
from usher.access.models import SignInLink, User
from usher.access.signing_in.adapter import AccountAdapter

UNWANTED = [
    "account_signup",
    "account_email",
    "account_set_password",
    "account_change_password",
    "account_reset_password",
    "account_request_login_code",
    "socialaccount_signup",
    "socialaccount_connections",
]


@pytest.mark.parametrize("name", UNWANTED)
def test_nobody_signs_up_or_changes_an_address_on_pages_of_allauth(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_allauth_sends_people_to_ushers_own_pages() -> None:
    assert resolve(reverse("account_login")).func == resolve(reverse("access:sign_in")).func
    assert reverse("account_logout") == reverse("access:sign_out")


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("/people/?q=a", True),
        ("https://usher.example/people/", True),
        ("http://usher.example/people/", False),  # over https
        ("https://localhost/", False),
        ("https://127.0.0.1:9000/", False),
        ("https://usher.example.evil.example/", False),
        ("https://usher.example@evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_the_way_back_is_a_page_of_this_address(settings: object, address: str, safe: bool) -> None:
    settings.ALLOWED_HOSTS = ["usher.example", "localhost", "127.0.0.1"]  # type: ignore[attr-defined]
    request = RequestFactory().get("/sign-in/", secure=True, headers={"host": "usher.example"})
    adapter = AccountAdapter(request)
    adapter.request = request
    assert adapter.is_safe_url(address) is safe


def test_who_is_signed_in_is_sent_on_and_never_elsewhere(ada: User, client: Client) -> None:
    client.force_login(ada)
    assert client.get("/sign-in/?next=/profile/")["Location"] == "/profile/"
    assert client.get("/sign-in/?next=https://evil.example/")["Location"] == reverse("dashboard")


def test_a_server_behind_a_unix_socket_signs_people_in(ada: User, client: Client) -> None:
    answer = client.post("/sign-in/", {"username": ada.username, "password": PASSWORD}, REMOTE_ADDR="")
    assert answer["Location"] == reverse("dashboard")


def test_a_password_ends_the_right_of_a_link_to_set_a_new_one(ada: User, client: Client) -> None:
    def asks_for_the_old_password() -> bool:
        return "old_password" in client.get("/profile/").text

    client.post(reverse("access:welcome", args=[SignInLink.issue(ada)]))
    assert not asks_for_the_old_password()
    client.post("/sign-out/")
    client.post("/sign-in/", {"username": ada.username, "password": PASSWORD})
    assert asks_for_the_old_password()


def test_a_link_of_another_user_ends_the_session_of_the_first(ada: User, client: Client) -> None:
    bea = User.objects.create_user("bea@example.com", "bea@example.com", PASSWORD)
    client.force_login(ada)
    client.post(reverse("access:welcome", args=[SignInLink.issue(bea)]))
    assert "old_password" not in client.get("/profile/").text
    assert client.session["_auth_user_id"] == str(bea.pk)
