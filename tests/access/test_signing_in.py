from django.contrib.auth.hashers import identify_hasher
from django.test import Client
from django.urls import reverse

from tests.access.conftest import PASSWORD
from usher.access.models import User

SIGN_IN = "/sign-in/"


def test_a_visitor_is_sent_to_sign_in_and_back_to_the_page_that_was_asked_for(
    ada: User, client: Client
) -> None:
    asked = client.get("/profile/")
    assert asked.status_code == 302
    assert asked["Location"] == f"{SIGN_IN}?next=/profile/"
    answer = client.post(
        asked["Location"], {"username": "ada@example.com", "password": PASSWORD, "next": "/profile/"}
    )
    assert answer["Location"] == "/profile/"
    assert client.get("/profile/").status_code == 200


def test_the_e_mail_may_be_written_in_capitals_and_with_blanks_around_it(ada: User, client: Client) -> None:
    answer = client.post(SIGN_IN, {"username": " ADA@Example.com ", "password": PASSWORD})
    assert answer["Location"] == reverse("dashboard")


def test_a_wrong_password_says_so_and_keeps_the_e_mail(ada: User, client: Client) -> None:
    answer = client.post(SIGN_IN, {"username": "ada@example.com", "password": "wrong"})
    assert "The e-mail or the password is wrong" in answer.text
    assert 'value="ada@example.com"' in answer.text
    assert client.get("/profile/").status_code == 302


def test_the_way_back_never_leads_to_another_site(ada: User, client: Client) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.post(
            SIGN_IN, {"username": "ada@example.com", "password": PASSWORD, "next": elsewhere}
        )
        assert answer["Location"] == reverse("dashboard")
        client.logout()


def test_who_is_switched_off_cannot_sign_in(ada: User, client: Client) -> None:
    User.objects.update(is_active=False)
    client.post(SIGN_IN, {"username": "ada@example.com", "password": PASSWORD})
    assert client.get("/profile/").status_code == 302


def test_the_session_gets_a_new_key_when_its_owner_signs_in(ada: User, client: Client) -> None:
    before = client.session
    before["kept"] = "yes"
    before.save()
    client.post(SIGN_IN, {"username": "ada@example.com", "password": PASSWORD})
    assert client.session["kept"] == "yes"
    assert client.session.session_key != before.session_key
    assert not client.session.exists(before.session_key)


def test_signing_out_takes_a_post(ada: User, client: Client) -> None:
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/profile/").status_code == 200
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert client.get("/profile/").status_code == 302


def test_passwords_are_kept_as_argon2(ada: User) -> None:
    assert identify_hasher(ada.password).algorithm == "argon2"


def test_while_nobody_has_an_account_the_page_says_which_command_makes_one(db: None, client: Client) -> None:
    page = client.get(SIGN_IN).text
    assert "usher sign-in-link" in page
    assert 'name="password"' not in page


def test_a_part_of_a_page_asked_for_after_the_session_ended_sends_the_whole_page_to_sign_in(
    ada: User, client: Client
) -> None:
    answer = client.get(
        "/profile/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/profile/?q=a"},
        follow=True,
    )
    assert answer.headers["HX-Redirect"] == f"{SIGN_IN}?next=%2Fprofile%2F%3Fq%3Da"
    assert "<form" not in answer.text


def test_a_form_without_its_token_is_refused_in_plain_words(ada: User) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        SIGN_IN, {"username": "ada@example.com", "password": PASSWORD}
    )
    assert answer.status_code == 403
    assert "This page was out of date" in answer.text
