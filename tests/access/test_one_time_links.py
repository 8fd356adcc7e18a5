from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.access.conftest import PASSWORD
from usher.access.acting import actor_for
from usher.access.first_account import make_first_account
from usher.access.models import ApiToken, SignInLink, User
from usher.access.users.link_sessions import LinkMaker, link_maker
from usher.ledger.actors import Actor

NEW = {
    "name": "Grace Hopper",
    "email": "Grace@Example.com",
    "password1": "a compiler of words",
    "password2": "a compiler of words",
}


def address(token: str) -> str:
    return reverse("access:welcome", args=[token])


@pytest.mark.django_db
def test_the_first_visitor_makes_an_administrators_account_and_is_signed_in(client: Client) -> None:
    link = address(SignInLink.issue())
    assert client.get(link).status_code == 200
    assert client.post(link, NEW)["Location"] == reverse("dashboard")
    grace = User.objects.get()
    assert (grace.username, grace.email, grace.name) == (
        "grace@example.com",
        "grace@example.com",
        "Grace Hopper",
    )
    assert grace.is_superuser
    assert grace.is_staff
    assert "Grace Hopper" in client.get("/profile/").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"password2": "another one"}, "match"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "password1234", "password2": "password1234"}, "too common"),
        ({"password1": "grace@example.com", "password2": "grace@example.com"}, "too similar"),
        ({"email": "grace"}, "valid email"),
        ({"email": ""}, "required"),
        ({"name": ""}, "required"),
    ],
)
def test_a_form_that_is_not_right_makes_no_account_and_leaves_the_link_open(
    client: Client, change: dict[str, str], complaint: str
) -> None:
    token = SignInLink.issue()
    answer = client.post(address(token), NEW | change)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert not User.objects.exists()
    assert SignInLink.find_open(token)


@pytest.mark.django_db
def test_a_link_for_the_first_account_is_over_once_anybody_has_one(ada: User, client: Client) -> None:
    link = address(SignInLink.issue())
    assert client.get(link).status_code == 410
    assert client.post(link, NEW).status_code == 410
    assert User.objects.get() == ada


@pytest.mark.django_db
def test_of_two_links_for_the_first_account_only_one_makes_it() -> None:
    first, second = (SignInLink.find_open(SignInLink.issue()) for _ in range(2))
    assert first
    assert second
    assert make_first_account(first, User(username="first@example.com"))
    assert not make_first_account(second, User(username="second@example.com"))
    assert User.objects.get().username == "first@example.com"


def test_looking_at_a_link_does_not_use_it_up(ada: User, client: Client) -> None:
    link = address(SignInLink.issue(ada))
    for _ in range(3):
        assert "Sign in as Ada Lovelace" in client.get(link).text
    assert client.get("/profile/").status_code == 302
    assert client.post(link)["Location"] == reverse("dashboard")
    assert client.get("/profile/").status_code == 200


def test_a_link_signs_in_once(ada: User, client: Client) -> None:
    link = address(SignInLink.issue(ada))
    client.post(link)
    client.logout()
    answer = client.post(link)
    assert answer.status_code == 410
    assert "usher sign-in-link" in answer.text
    assert client.get("/profile/").status_code == 302


def test_a_link_that_ran_out_signs_nobody_in(ada: User, client: Client) -> None:
    link = address(SignInLink.issue(ada, lifetime=timedelta(seconds=-1)))
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    assert client.get("/profile/").status_code == 302


def test_a_link_of_somebody_who_is_switched_off_signs_nobody_in(ada: User, client: Client) -> None:
    link = address(SignInLink.issue(ada))
    User.objects.update(is_active=False)
    assert client.post(link).status_code == 410
    assert client.get("/profile/").status_code == 302


@pytest.mark.django_db
def test_a_made_up_token_opens_nothing(client: Client) -> None:
    assert client.get(address("made-up")).status_code == 410


def test_only_the_hash_of_a_token_is_stored(ada: User) -> None:
    token = SignInLink.issue(ada)
    assert token not in str(SignInLink.objects.values().get())


def test_the_use_of_one_link_ends_the_others_of_its_user(ada: User, client: Client) -> None:
    older, newer = SignInLink.issue(ada), SignInLink.issue(ada)
    assert client.post(address(newer)).status_code == 302
    assert client.get(address(older)).status_code == 410


def test_a_session_remembers_who_made_its_link_even_after_a_new_password(ada: User, client: Client) -> None:
    boss = User.objects.create_user("boss@example.com", role="admin")
    client.post(address(SignInLink.issue(ada, made_by=actor_for(boss, via="page"))))
    new = {"new_password1": "a compiler of words", "new_password2": "a compiler of words"}
    assert client.post("/profile/password/", new).status_code == 302
    request = HttpRequest()
    request.session = client.session
    assert link_maker(request) == LinkMaker(boss.pk, "boss@example.com")


def test_a_token_made_in_such_a_session_remembers_it_too(ada: User, client: Client) -> None:
    client.post(address(SignInLink.issue(ada, made_by=Actor("command", "root"))))
    client.post("/profile/tokens/", {"name": "export", "permissions": ["read"], "days": "90"})
    request = HttpRequest()
    request.api_token = ApiToken.objects.get()  # type: ignore[attr-defined]
    assert link_maker(request) == LinkMaker(None, "root")


def test_a_session_by_a_password_has_no_such_maker(ada: User, client: Client) -> None:
    client.post("/sign-in/", {"username": "ada@example.com", "password": PASSWORD})
    request = HttpRequest()
    request.session = client.session
    assert link_maker(request) is None


def test_a_link_of_a_clock_that_ran_ahead_does_not_last_longer_than_any_other(db: None) -> None:
    token = SignInLink.issue()
    SignInLink.objects.update(expires_at=timezone.now() + timedelta(days=1, minutes=4))
    link = SignInLink.find_open(token)
    assert link
    SignInLink.objects.update(expires_at=timezone.now() + timedelta(days=366))
    assert SignInLink.find_open(token) is None
    assert not link.take()
