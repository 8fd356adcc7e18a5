"""The second step of signing in: what it takes, and what does not get past it."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.access.conftest import PASSWORD
from tests.support.access.passkey import SoftPasskey
from tests.support.access.second_factors import code, give_app, js_data
from usher.access.models import SignInLink, TrailEntry, User

STEP = "/sign-in/second-factor/"


@pytest.fixture
def with_app(ada: User) -> User:
    give_app(ada)
    return ada


def first_step(client: Client, user: User) -> None:
    answer = client.post("/sign-in/", {"username": user.username, "password": PASSWORD, "next": "/profile/"})
    assert answer.headers["Location"] == STEP


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def test_a_code_of_the_app_signs_in_and_leads_to_the_page_that_was_asked_for(
    with_app: User, client: Client
) -> None:
    first_step(client, with_app)
    before = client.session.session_key
    answer = client.post(STEP, {"code": code()})
    assert answer.headers["Location"] == "/profile/"
    assert is_signed_in(client)
    assert client.session.session_key != before
    assert TrailEntry.objects.filter(kind="signed_in", about="password, authenticator app").exists()


def test_no_other_address_gets_past_the_second_step(with_app: User, client: Client) -> None:
    first_step(client, with_app)
    for page in ("/", "/profile/", "/profile/second-factor/", "/settings/", "/people/", "/prove/", "/cases/"):
        assert client.get(page).headers.get("Location", "").startswith("/sign-in/"), page
    assert client.post("/profile/tokens/", {"name": "a"}).headers["Location"].startswith("/sign-in/")
    assert client.get("/sign-in/").headers["Location"] == STEP


def test_a_link_stands_for_the_password_alone(with_app: User, client: Client) -> None:
    answer = client.post(reverse("access:welcome", args=[SignInLink.issue(with_app)]))
    assert answer.headers["Location"] == STEP
    assert not is_signed_in(client)


def test_a_code_works_once_in_any_browser(with_app: User) -> None:
    one, other = Client(), Client()
    first_step(one, with_app)
    first_step(other, with_app)
    seen = code()
    assert one.post(STEP, {"code": seen}).status_code == 302
    assert other.post(STEP, {"code": seen}).status_code == 200
    assert other.post(STEP, {"code": f"{seen[:3]} {seen[3:]}"}).status_code == 200
    assert not is_signed_in(other)


def test_used_codes_are_known_to_all_processes() -> None:
    assert type(cache._connections["default"]).__name__ == "DatabaseCache"  # type: ignore[attr-defined]


def test_a_phone_may_be_half_a_minute_off_and_not_more(with_app: User) -> None:
    for steps, is_right in ((-1, True), (1, True), (-3, False), (3, False)):
        client = Client()
        first_step(client, with_app)
        client.post(STEP, {"code": code(steps)})
        assert is_signed_in(client) == is_right


def test_codes_cannot_be_guessed(with_app: User, client: Client) -> None:
    first_step(client, with_app)
    for _ in range(5):
        assert client.post(STEP, {"code": "000000"}).status_code == 200
    another = Client()  # from elsewhere, with the password
    first_step(another, with_app)
    answer = another.post(STEP, {"code": code()}, REMOTE_ADDR="192.0.2.7")
    assert "Too many wrong codes" in answer.text
    assert not is_signed_in(another)
    assert TrailEntry.objects.filter(kind="sign_in_failed", user=with_app).count() == 5


def test_a_recovery_code_works_once_and_says_how_many_are_left(with_app: User) -> None:
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    client = Client()
    first_step(client, with_app)
    client.post(STEP, {"code": f"{codes[0][:5]}-{codes[0][5:]}"})
    assert "9 recovery codes left" in client.get("/profile/").text
    again = Client()
    first_step(again, with_app)
    assert again.post(STEP, {"code": codes[0]}).status_code == 200
    assert not is_signed_in(again)


def test_the_second_step_can_be_left(with_app: User, client: Client) -> None:
    first_step(client, with_app)
    client.post(STEP, {"cancel": "yes"})
    assert "password" in client.get("/sign-in/").text
    assert client.get(STEP).headers["Location"] == "/sign-in/"


@pytest.mark.parametrize("wrong", ["", " ", "abc", "000000\x00", "0" * 1000, "１２３４５６", "null", "-1"])
def test_nonsense_is_no_code(with_app: User, client: Client, wrong: str) -> None:
    first_step(client, with_app)
    assert client.post(STEP, {"code": wrong}).status_code in (200, 400, 422)
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "wrong", ["", "{}", "[]", "null", '"a"', '{"id":"a"}', '{"response": {"userHandle": 5}}']
)
def test_nonsense_is_no_passkey(with_app: User, client: Client, wrong: str) -> None:
    client.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    assert client.post("/sign-in/passkey/", {"credential": wrong}).status_code == 302
    first_step(client, with_app)
    assert client.post(STEP, {"credential": wrong}).status_code == 200
    assert not is_signed_in(client)


@pytest.fixture
def https(settings: object) -> None:
    settings.ALLOWED_HOSTS = ["usher.example"]  # type: ignore[attr-defined]


def browser() -> Client:
    return Client(headers={"host": "usher.example"}, SERVER_NAME="usher.example")


def passkey_of(user: User) -> SoftPasskey:
    own, passkey = browser(), SoftPasskey()
    own.force_login(user)
    page = own.get("/profile/second-factor/passkey/", secure=True)
    answer = own.post(
        "/profile/second-factor/passkey/",
        {"name": "Laptop", "credential": passkey.made(js_data(page)), "passwordless": "on"},
        secure=True,
    )
    assert answer.status_code == 302, answer.text
    return passkey


def in_second_step(user: User) -> tuple[Client, dict[str, object]]:
    client = browser()
    client.post("/sign-in/", {"username": user.username, "password": PASSWORD}, secure=True)
    return client, js_data(client.get(STEP, secure=True))


def test_a_passkey_is_a_second_step(ada: User, https: None) -> None:
    passkey = passkey_of(ada)
    client, asked = in_second_step(ada)
    answer = client.post(STEP, {"credential": passkey.used(asked)}, secure=True)
    assert answer.headers["Location"] == "/"
    assert client.get("/profile/", secure=True).status_code == 200


def test_a_passkey_signs_in_alone(ada: User, https: None) -> None:
    passkey, client = passkey_of(ada), browser()
    asked = client.get("/sign-in/passkey/", secure=True, headers={"Accept": "application/json"}).json()
    answer = client.post(
        "/sign-in/passkey/", {"credential": passkey.used(asked), "next": "/profile/"}, secure=True
    )
    assert answer.headers["Location"] == "/profile/"
    assert client.get("/profile/", secure=True).status_code == 200
    assert TrailEntry.objects.filter(kind="signed_in", about="passkey").exists()


def test_alone_it_must_have_verified_its_owner(ada: User, https: None) -> None:
    passkey, client = passkey_of(ada), browser()
    asked = client.get("/sign-in/passkey/", secure=True, headers={"Accept": "application/json"}).json()
    client.post("/sign-in/passkey/", {"credential": passkey.used(asked, verified=False)}, secure=True)
    assert client.get("/profile/", secure=True).status_code == 302


def test_an_answer_of_a_passkey_works_once_and_only_where_it_was_asked_for(ada: User, https: None) -> None:
    passkey = passkey_of(ada)
    client, asked = in_second_step(ada)
    other, _ = in_second_step(ada)
    answer = passkey.used(asked)
    assert other.post(STEP, {"credential": answer}, secure=True).status_code == 200
    assert client.post(STEP, {"credential": answer}, secure=True).status_code == 302
    client.post("/sign-out/", secure=True)
    client.post("/sign-in/", {"username": ada.username, "password": PASSWORD}, secure=True)
    assert client.post(STEP, {"credential": answer}, secure=True).status_code == 200


def test_a_passkey_of_another_user_or_site_is_refused(ada: User, https: None) -> None:
    bea = User.objects.create_user("bea@example.com", "bea@example.com", PASSWORD)
    passkey, hers = passkey_of(ada), passkey_of(bea)
    client, asked = in_second_step(ada)
    assert client.post(STEP, {"credential": hers.used(asked)}, secure=True).status_code == 200
    hers.user_handle = passkey.user_handle  # says that it is Ada's
    client = browser()
    options = client.get("/sign-in/passkey/", secure=True, headers={"Accept": "application/json"}).json()
    client.post("/sign-in/passkey/", {"credential": hers.used(options)}, secure=True)
    assert client.get("/profile/", secure=True).status_code == 302
    passkey.origin = "https://usher.example.evil.example"
    client, asked = in_second_step(ada)
    assert client.post(STEP, {"credential": passkey.used(asked)}, secure=True).status_code == 200


def test_a_forged_signature_is_refused(ada: User, https: None) -> None:
    passkey, forged = passkey_of(ada), SoftPasskey()
    forged.id, forged.user_handle = passkey.id, passkey.user_handle
    client, asked = in_second_step(ada)
    assert client.post(STEP, {"credential": forged.used(asked)}, secure=True).status_code == 200
    assert client.get("/profile/", secure=True).status_code == 302


def test_a_passkey_of_somebody_deactivated_signs_nobody_in(ada: User, https: None) -> None:
    passkey, client = passkey_of(ada), browser()
    User.objects.update(is_active=False)
    options = client.get("/sign-in/passkey/", secure=True, headers={"Accept": "application/json"}).json()
    assert (
        client.post("/sign-in/passkey/", {"credential": passkey.used(options)}, secure=True).status_code
        == 403
    )
    assert client.get("/profile/", secure=True).status_code == 302
