"""A second factor that is required, and one that is reset."""

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.access.conftest import PASSWORD
from tests.access.test_pages_by_role import ALL, is_open
from tests.support.access.second_factors import give_app
from usher.access.models import SecurityPolicy, User
from usher.access.roles import UserRole
from usher.ledger.models import Entry

HOME = "/profile/second-factor/"
STAYS_OPEN = ("profile/second-factor/", "prove/", "sign-out/")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_user("root@example.com", "root@example.com", PASSWORD, role=UserRole.ADMIN)


@pytest.mark.parametrize(
    ("whose", "led"),
    [
        ("nobody", set()),
        ("approvers", {UserRole.APPROVER, UserRole.ADMIN}),
        ("everyone", set(UserRole)),
    ],
)
def test_whoever_lacks_one_is_led_to_set_one_up(db: None, whose: str, led: set[UserRole]) -> None:
    SecurityPolicy.objects.create(pk=1, second_factor=whose)
    for role in UserRole:
        user = User.objects.create_user(f"{role}@example.com", f"{role}@example.com", PASSWORD, role=role)
        client = signed_in(user)
        assert (client.get("/profile/").headers.get("Location") == HOME) == (role in led)
        give_app(user)
        assert client.get("/profile/").status_code == 200


def test_until_then_they_can_do_nothing_else_but_sign_out(root: User) -> None:
    SecurityPolicy.objects.create(pk=1, second_factor="everyone")
    client = signed_in(root)
    for route in ALL:
        if is_open(route):
            continue
        for answer in (client.get("/" + route), client.post("/" + route) if route != "sign-out/" else None):
            led = answer is None or answer.headers.get("Location") == HOME
            assert led or route.startswith(STAYS_OPEN) or route == "sign-out/", route
    assert "Set up a second factor to go on" in client.get(HOME).text
    assert client.get(f"{HOME}app/").status_code == 200
    assert client.get("/people/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == HOME
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"


@pytest.mark.parametrize(("tick", "led"), [(False, True), (True, False)])
def test_single_sign_on_counts_only_if_the_provider_asks_for_it(ada: User, tick: bool, led: bool) -> None:
    SecurityPolicy.objects.create(pk=1, second_factor="everyone", provider_asks=tick)
    client = signed_in(ada)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "socialaccount", "at": 1, "provider": "okta", "uid": "1"}
    ]
    session["account_authentication_methods_user"] = str(ada.pk)
    session.save()
    assert (client.get("/profile/").status_code == 302) == led


def test_a_password_does_not_count_as_the_providers_second_factor(ada: User, client: Client) -> None:
    SecurityPolicy.objects.create(pk=1, second_factor="everyone", provider_asks=True)
    client.post("/sign-in/", {"username": ada.username, "password": PASSWORD})
    assert client.get("/profile/").headers["Location"] == HOME


def test_the_settings_are_changed_on_a_page_and_stand_in_the_ledger(root: User) -> None:
    client = signed_in(root)
    given = {
        "second_factor": "nobody",
        "proof_minutes": 5,
        "idle_minutes": 30,
        "session_hours": 8,
        "why": "Audit",
    }
    assert client.post("/settings/security/", given).status_code == 302
    entry = Entry.objects.get(action="settings.security_changed")
    assert (entry.before["proof_minutes"], entry.after["proof_minutes"], entry.reason) == ("15", "5", "Audit")
    assert SecurityPolicy.get().idle_minutes == 30


@pytest.mark.parametrize(
    "wrong", [{"proof_minutes": 0}, {"idle_minutes": 1}, {"session_hours": 9999}, {"second_factor": "x"}]
)
def test_senseless_settings_are_refused(root: User, wrong: dict[str, object]) -> None:
    given = {"second_factor": "nobody", "proof_minutes": 5, "idle_minutes": 30, "session_hours": 8} | wrong
    assert signed_in(root).post("/settings/security/", given).status_code == 422
    assert not SecurityPolicy.objects.exists()


def test_an_admin_who_requires_one_without_having_one_is_led_too_and_not_locked_out(root: User) -> None:
    client = signed_in(root)
    given = {"second_factor": "everyone", "proof_minutes": 5, "idle_minutes": 30, "session_hours": 8}
    assert client.post("/settings/security/", given, follow=True).redirect_chain[-1][0] == HOME


def test_an_admin_resets_what_somebody_lost(root: User, ada: User) -> None:
    give_app(ada)
    hers, client = signed_in(ada), signed_in(root)
    assert hers.get("/profile/").status_code == 200
    answer = client.post(f"/settings/users/{ada.pk}/second-factor/reset/", follow=True)
    assert "has no second factor now" in answer.text
    assert not Authenticator.objects.filter(user=ada).exists()
    assert hers.get("/profile/").status_code == 302  # her sessions have ended
    assert Entry.objects.get(action="access.second_factor_reset").subject.startswith(f"user {ada.pk}:")


def test_nobody_resets_their_own_or_somebodys_without_being_an_admin(root: User, ada: User) -> None:
    give_app(root)
    answer = signed_in(root).post(f"/settings/users/{root.pk}/second-factor/reset/", follow=True)
    assert "You cannot reset your own" in answer.text
    assert signed_in(ada).post(f"/settings/users/{root.pk}/second-factor/reset/").status_code == 403
    assert Authenticator.objects.filter(user=root).count() == 2
