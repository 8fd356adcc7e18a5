"""Admins add people, give them roles, let them in and out; Usher never loses its last admin."""

import re
import threading

import pytest
from django.db import connections
from django.test import Client

from tests.support.queries import assert_costs_the_same
from usher.access.models import ApiToken, SignInLink, User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.access.users.accounts import CannotChange, add_user, change_role, deactivate, reactivate
from usher.ledger.actors import SYSTEM, Actor
from usher.ledger.models import Entry


@pytest.fixture
def ada(ada: User) -> User:
    ada.role = UserRole.ADMIN
    ada.save()
    return ada


@pytest.fixture
def eve(db: None) -> User:
    return User.objects.create_user("eve@example.com", "eve@example.com", name="Eve", role=UserRole.OPERATOR)


@pytest.fixture
def admin(ada: User, client: Client) -> Client:
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


def by(user: User) -> Actor:
    return Actor("person", user.username, user.pk, "page")


def recorded() -> list[tuple[str, str]]:
    return list(Entry.objects.order_by("number").values_list("action", "actor_name"))


def test_somebody_is_added_by_e_mail_and_comes_in_by_the_link_that_is_shown_once(admin: Client) -> None:
    page = admin.post(
        "/settings/users/add/", {"email": " Grace@Example.com ", "role": "approver", "name": "Grace"}
    )
    link = re.search(r"/welcome/[\w-]+/", page.text)
    assert link
    assert link[0] not in admin.get(f"/settings/users/{User.objects.latest('pk').pk}/").text
    grace = Client()
    assert grace.post(link[0])["Location"] == "/profile/"
    new = {"new_password1": "battery staple horse", "new_password2": "battery staple horse"}
    assert grace.post("/profile/password/", new).status_code == 302
    kept = User.objects.get(username="grace@example.com")
    assert (kept.role, kept.name, kept.check_password("battery staple horse")) == ("approver", "Grace", True)
    assert recorded() == [
        ("access.user_added", "ada@example.com"),
        ("access.sign_in_link_made", "ada@example.com"),
        ("access.password_changed", "grace@example.com"),
    ]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"email": "eve@example.com"}, "already has an account"),
        ({"email": "EVE@example.com"}, "already has an account"),
        ({"email": "eve"}, "valid email"),
        ({"email": ""}, "required"),
        ({"role": "owner"}, "valid choice"),
    ],
)
def test_what_is_not_right_adds_nobody(
    admin: Client, eve: User, given: dict[str, str], complaint: str
) -> None:
    page = admin.post("/settings/users/add/", {"email": "new@example.com", "role": "viewer"} | given)
    assert page.status_code == 422
    assert complaint in page.text
    assert User.objects.count() == 2
    assert not recorded()


def test_a_role_is_changed_and_who_did_it_recorded(admin: Client, eve: User) -> None:
    assert admin.post(f"/settings/users/{eve.pk}/", {"role": "approver"}).status_code == 302
    eve.refresh_from_db()
    assert eve.role == "approver"
    entry = Entry.objects.get()
    assert (entry.action, entry.before, entry.after) == (
        "access.role_changed",
        {"role": "operator"},
        {"role": "approver"},
    )


def test_the_same_role_again_is_no_change(eve: User) -> None:
    change_role(eve, UserRole.OPERATOR, SYSTEM)
    assert not recorded()


def test_nobody_changes_their_own_role_or_deactivates_themselves(ada: User, eve: User, admin: Client) -> None:
    change_role(eve, UserRole.ADMIN, SYSTEM)
    assert (
        "You cannot change your own role" in admin.post(f"/settings/users/{ada.pk}/", {"role": "viewer"}).text
    )
    admin.post(f"/settings/users/{ada.pk}/switch/", {"active": "no"})
    ada.refresh_from_db()
    assert (ada.role, ada.is_active) == ("admin", True)
    assert "Change role" not in admin.get(f"/settings/users/{ada.pk}/").text


@pytest.mark.parametrize("role", [role for role in UserRole if role != UserRole.ADMIN])
def test_the_last_admin_is_not_demoted(ada: User, role: UserRole) -> None:
    User.objects.create_user("off@example.com", role=UserRole.ADMIN, is_active=False)
    with pytest.raises(CannotChange, match="the only admin"):
        change_role(ada, role, SYSTEM)
    ada.refresh_from_db()
    assert ada.role == UserRole.ADMIN


def test_the_last_admin_is_not_deactivated(ada: User, eve: User) -> None:
    with pytest.raises(CannotChange, match="the only admin"):
        deactivate(ada, SYSTEM)
    change_role(eve, UserRole.ADMIN, SYSTEM)
    deactivate(ada, by(eve))
    ada.refresh_from_db()
    assert not ada.is_active


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one() -> None:
    one, two = (
        User.objects.create_user(f"{name}@example.com", role=UserRole.ADMIN) for name in ("one", "two")
    )
    together = threading.Barrier(2)

    def demote(actor: User, other: User) -> None:
        together.wait(timeout=10)
        try:
            change_role(other, UserRole.VIEWER, by(actor))
        except CannotChange:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert User.objects.filter(role=UserRole.ADMIN).count() == 1


def test_who_is_deactivated_is_out_at_once_everywhere(admin: Client, eve: User) -> None:
    browser = Client()
    browser.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    link = SignInLink.issue(eve)
    make_token(eve, "export", SYSTEM)
    admin.post(f"/settings/users/{eve.pk}/switch/", {"active": "no"})
    assert browser.get("/profile/").status_code == 302
    assert SignInLink.find_open(link) is None
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    assert recorded()[-1] == ("access.user_deactivated", "ada@example.com")


def test_who_is_active_again_has_the_role_of_before(ada: User, eve: User) -> None:
    deactivate(eve, by(ada))
    reactivate(eve, by(ada))
    eve.refresh_from_db()
    assert (eve.is_active, eve.role) == (True, "operator")
    assert [action for action, _ in recorded()] == ["access.user_deactivated", "access.user_reactivated"]


def test_a_link_is_made_for_who_lost_the_password_but_not_for_who_is_deactivated(
    admin: Client, eve: User
) -> None:
    assert re.search(r"/welcome/[\w-]+/", admin.post(f"/settings/users/{eve.pk}/link/").text)
    deactivate(eve, SYSTEM)
    page = admin.post(f"/settings/users/{eve.pk}/link/", follow=True)
    assert "is deactivated" in page.text
    assert not SignInLink.objects.exists()


def test_the_list_shows_everyone_with_role_and_account(admin: Client, eve: User) -> None:
    deactivate(eve, SYSTEM)
    text = admin.get("/settings/users/").text
    assert text.index("ada@example.com") < text.index("eve@example.com")
    assert "Deactivated" in text
    assert "Operator" in text


def test_settings_say_of_what_is_not_ones_own_who_may(eve: User, client: Client) -> None:
    client.force_login(eve)
    text = client.get("/settings/").text
    assert "Only an admin may manage users." in text
    assert "/settings/users/" not in text


def test_the_first_account_is_an_admin_and_recorded(client: Client, db: None) -> None:
    new = {"name": "Grace", "email": "grace@example.com"} | dict.fromkeys(
        ("password1", "password2"), "a compiler of words"
    )
    client.post(f"/welcome/{SignInLink.issue()}/", new)
    assert User.objects.get().role == UserRole.ADMIN
    assert recorded() == [("access.user_added", "grace@example.com")]


def test_what_has_ended_stays_ended_after_a_reactivation(db: None, eve: User) -> None:
    before = Client()
    before.force_login(eve)
    link = SignInLink.issue(eve)
    make_token(eve, "export", SYSTEM)
    deactivate(eve, SYSTEM)
    reactivate(eve, SYSTEM)
    assert before.get("/profile/").status_code == 302
    assert SignInLink.find_open(link) is None
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    after = Client()
    after.force_login(User.objects.get(pk=eve.pk))
    assert after.get("/profile/").status_code == 200


@pytest.mark.parametrize("ends", [True, False])
def test_another_role_ends_sessions_and_links_and_if_it_is_ticked_tokens(
    admin: Client, eve: User, ends: bool
) -> None:
    hers = Client()
    hers.force_login(eve)
    link = SignInLink.issue(eve)
    make_token(eve, "export", SYSTEM)
    page = f"/settings/users/{eve.pk}/"
    assert "Also revoke the API token" in admin.get(page).text
    admin.post(page, {"role": "approver"} | ({"end_api_tokens": "on"} if ends else {}))
    assert hers.get("/profile/").status_code == 302
    assert SignInLink.find_open(link) is None
    assert ApiToken.objects.filter(revoked_at=None).exists() != ends


def test_an_address_that_is_no_address_is_refused_wherever_it_comes_from(db: None) -> None:
    for email in ("eve", "", "a@b", f"{'a' * 150}@example.com"):
        with pytest.raises(CannotChange):
            add_user(email, UserRole.VIEWER, SYSTEM)
    assert not User.objects.exists()


def test_the_list_costs_the_same_for_two_and_for_twenty(admin: Client) -> None:
    def add(count: int) -> None:
        start = User.objects.count()
        for number in range(start, start + count):
            User.objects.create_user(f"user{number}@example.com", name=f"User {number}")

    assert_costs_the_same(admin, "/settings/users/", add)
