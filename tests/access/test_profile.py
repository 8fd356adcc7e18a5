import pytest
from django.test import Client
from django.urls import reverse

from tests.access.conftest import PASSWORD
from usher.access.forms import PasswordForm, ProfileForm
from usher.access.models import SignInLink, User


@pytest.fixture
def signed_in(ada: User, client: Client) -> Client:
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_name_e_mail_and_time_zone_can_be_changed(ada: User, signed_in: Client) -> None:
    signed_in.post("/profile/", {"name": "Ada King", "email": "King@Example.com", "time_zone": "Asia/Tokyo"})
    ada.refresh_from_db()
    assert (ada.name, ada.email, ada.time_zone) == ("Ada King", "king@example.com", "Asia/Tokyo")
    assert ada.username == "king@example.com", "she signs in with the new e-mail"


def test_an_e_mail_that_somebody_else_signs_in_with_is_refused(ada: User, signed_in: Client) -> None:
    User.objects.create_user("grace@example.com", "grace@example.com")
    answer = signed_in.post("/profile/", {"name": "Ada", "email": "GRACE@example.com", "time_zone": ""})
    assert answer.status_code == 422
    assert "Another user already signs in" in answer.text
    ada.refresh_from_db()
    assert ada.username == "ada@example.com"


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
