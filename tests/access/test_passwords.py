"""Which passwords are taken: anything long that nobody guesses soon."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from tests.access.conftest import PASSWORD
from usher.access.forms import FirstAccountForm, PasswordForm
from usher.access.models import SignInLink, User

ADA = User(username="ada.lovelace@example.com", email="ada.lovelace@example.com", name="Ada Lovelace")


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password123!",
        "P@ssw0rd2026",
        "qwertyuiop12",
        "123456789012",
        "iloveyou1234",
        "letmeinletmein",
        "aaaaaaaaaaaa",
        "abcdefghijkl",
        "adalovelace1",
        "lovelace2026",
        "usherusher12",
        "1q2w3e4r5t6y",
        "trustno1trustno1",
        "short",
        "x" * 1001,
    ],
)
def test_what_is_guessed_soon_is_refused_with_a_sentence_that_helps(password: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, ADA)
    assert all(message.endswith(".") for message in refusal.value.messages)


@pytest.mark.parametrize(
    "password",
    [
        "a compiler of words",
        "battery staple horse",
        "пароль из трёх слов",
        "pass wörter 🐎 stall",
        " leading and trailing ",
        "!\"§$%&/()=?`{[]}\\~#'+*;:_",
        "kX9#vQ2!mZ7@",
        "correct horse battery " * 6,  # 132 characters
        "k" + "9vQ2mZ7xW4" * 99,
    ],
)
def test_anything_else_of_twelve_characters_is_taken(password: str) -> None:
    validate_password(password, ADA)


@pytest.mark.parametrize(
    "password", ["пароль из трёх слов 🐎", " leading and trailing ", "long enough words " * 20]
)
def test_such_a_password_signs_in_as_it_was_typed(ada: User, client: Client, password: str) -> None:
    client.post("/sign-in/", {"username": "ada@example.com", "password": PASSWORD})
    new = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert client.post("/profile/password/", new).status_code == 302
    sign_in = {"username": "ada@example.com", "password": password}
    assert Client().post("/sign-in/", sign_in).status_code == 302
    sign_in["password"] = password.strip() + "x"
    assert Client().post("/sign-in/", sign_in).status_code == 200


@pytest.mark.parametrize("page", ["/sign-in/", "/profile/password/", "/welcome/"])
def test_a_nul_is_refused_on_every_page(ada: User, client: Client, page: str) -> None:
    password = "a compiler\x00 of words"
    fields = dict.fromkeys(("password", "password1", "password2", "new_password1", "new_password2"), password)
    if page == "/profile/password/":
        client.force_login(ada)
    if page == "/welcome/":
        User.objects.all().delete()
        page += f"{SignInLink.issue()}/"
        fields |= {"name": "Ada", "email": "ada@example.com"}
    answer = client.post(page, {"username": "ada@example.com", "old_password": PASSWORD, **fields})
    assert answer.status_code == 400
    assert not User.objects.exclude(pk=ada.pk).exists()


def test_no_field_hinders_pasting_or_a_password_manager() -> None:
    for form in (PasswordForm(ADA), FirstAccountForm()):
        for name in (each for each in form.fields if "password" in each):
            attributes = form.fields[name].widget.attrs
            assert attributes["autocomplete"] in ("new-password", "current-password")
            assert "maxlength" not in attributes
            assert not [each for each in attributes if each.startswith("on")]


def test_the_longest_passwords_are_judged_at_once() -> None:
    """A judgement of all their characters would take hours."""
    with pytest.raises(ValidationError, match="easy to guess"):
        validate_password("ab12" * 250, ADA)
    with pytest.raises(ValidationError, match="at most 1000"):
        validate_password("ab12" * 1_000_000, ADA)
