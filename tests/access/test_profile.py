import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.access.conftest import PASSWORD
from usher.access.forms import PasswordForm, ProfileForm
from usher.access.mails.sending import send_waiting_mails
from usher.access.models import ApiToken, SignInLink, User
from usher.access.tokens.api_tokens import make_token
from usher.ledger.actors import SYSTEM


@pytest.fixture
def signed_in(ada: User, client: Client) -> Client:
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_name_and_time_zone_can_be_changed(ada: User, signed_in: Client) -> None:
    signed_in.post("/profile/", {"name": "Ada King", "time_zone": "Asia/Tokyo"})
    ada.refresh_from_db()
    assert (ada.name, ada.time_zone) == ("Ada King", "Asia/Tokyo")


def test_nobody_takes_an_address_by_their_profile(ada: User, signed_in: Client) -> None:
    signed_in.post("/profile/", {"name": "Ada", "email": "boss@example.com", "username": "boss@example.com"})
    ada.refresh_from_db()
    assert (ada.username, ada.email, ada.name) == ("ada@example.com", "ada@example.com", "Ada")


def test_a_time_zone_that_does_not_exist_is_refused(ada: User, signed_in: Client) -> None:
    answer = signed_in.post("/profile/", {"name": "Ada", "email": "ada@example.com", "time_zone": "../etc"})
    assert answer.status_code == 422
    ada.refresh_from_db()
    assert ada.time_zone == ""


def test_a_new_password_ends_the_other_sessions_but_not_this_one(ada: User, signed_in: Client) -> None:
    other = Client()
    other.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    new = "battery staple horse"
    answer = signed_in.post(
        "/profile/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert answer.status_code == 302
    assert signed_in.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(new)


def test_the_password_is_changed_only_by_who_knows_the_old_one(ada: User, signed_in: Client) -> None:
    new = "battery staple horse"
    answer = signed_in.post(
        "/profile/password/", {"old_password": "guess", "new_password1": new, "new_password2": new}
    )
    assert answer.status_code == 422
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_who_comes_by_a_one_time_link_can_replace_a_lost_password_once(ada: User, client: Client) -> None:
    client.post(reverse("access:welcome", args=[SignInLink.issue(ada)]))
    assert "Current password" not in client.get("/profile/").text
    new = {"new_password1": "battery staple horse", "new_password2": "battery staple horse"}
    assert client.post(reverse("access:change_password"), new).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("battery staple horse")
    assert "Current password" in client.get("/profile/").text


def test_a_new_password_is_told_by_mail_without_the_password(
    ada: User, signed_in: Client, settings: Settings
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    new = "battery staple horse"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    signed_in.post("/profile/password/", form, REMOTE_ADDR="192.0.2.9")
    send_waiting_mails()
    (told,) = mail.outbox
    assert (told.to, told.subject) == (["ada@example.com"], "Your password for Usher was changed")
    assert "192.0.2.9" in str(told.body)
    assert new not in str(told.body)


def test_a_new_password_revokes_api_tokens_if_that_is_ticked(ada: User, signed_in: Client) -> None:
    make_token(ada, "export", SYSTEM)
    for password, new, more in (
        (PASSWORD, "battery staple horse", {}),
        ("battery staple horse", PASSWORD, {"end_api_tokens": "on"}),
    ):
        form = {"old_password": password, "new_password1": new, "new_password2": new}
        signed_in.post("/profile/password/", form | more)
        assert ApiToken.objects.filter(revoked_at=None).exists() != bool(more)


@pytest.mark.parametrize("page", ["/profile/", "/profile/password/"])
def test_a_role_that_is_taken_away_meanwhile_does_not_come_back(
    page: str, ada: User, signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admin demotes and deactivates somebody while their own form is looked at."""
    User.objects.filter(pk=ada.pk).update(role="admin")
    form = ProfileForm if page == "/profile/" else PasswordForm
    look = form.is_valid

    def look_slowly(form: ProfileForm | PasswordForm) -> bool:
        User.objects.filter(pk=ada.pk).update(role="viewer", is_active=False)
        return look(form)

    monkeypatch.setattr(form, "is_valid", look_slowly)
    new = "battery staple horse"
    fields = {"name": "Ada", "email": "ada@example.com", "time_zone": ""}
    signed_in.post(page, {**fields, "old_password": PASSWORD, "new_password1": new, "new_password2": new})
    ada.refresh_from_db()
    assert (ada.role, ada.is_active) == ("viewer", False)
    assert ada.name == "Ada" if page == "/profile/" else ada.check_password(new)
