"""Only an admin, or the owner with a proof by mail, gives an account another address."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.access.conftest import PASSWORD
from usher.access.mails.sending import send_waiting_mails
from usher.access.models import AccountMail, AddressChange, ApiToken, SignInLink, TrailEntry, User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.access.users.accounts import CannotChange
from usher.access.users.address_changes import change_address, confirm_address_change
from usher.access.users.addresses import InvalidAddress, normal_address
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry


@pytest.fixture
def with_mail(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"


@pytest.fixture
def owner(ada: User, client: Client) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("boss@example.com", "boss@example.com", role=UserRole.ADMIN))
    return client


def ask(owner: Client, address: str = "king@example.com", **more: str) -> str:
    """Asks for an address on the profile, and returns the link in the mail to it, or ""."""
    owner.post("/profile/address/", {"email": address, **more})
    mail.outbox.clear()
    send_waiting_mails()
    to_new = [each for each in mail.outbox if each.to == [normal_address(address)]]
    found = re.search(r"/profile/address/[^/\s]+/", str(to_new[0].body)) if to_new else None
    return found[0] if found else ""


def name_of(user: User) -> str:
    user.refresh_from_db()
    assert user.email == user.username
    return user.username


@pytest.mark.usefixtures("with_mail")
def test_the_owner_changes_the_address_by_the_link_that_is_sent_to_it(ada: User, owner: Client) -> None:
    link = ask(owner, "King@Example.com")
    assert name_of(ada) == "ada@example.com", "nothing changes before the proof"
    assert "king@example.com" in owner.get(link).text
    assert name_of(ada) == "ada@example.com", "a mail scanner that follows the link proves nothing"
    owner.post(link)
    assert name_of(ada) == "king@example.com"
    assert owner.get("/profile/").status_code == 200, "this session continues"
    assert owner.post(link).status_code == 410, "the link works once"
    entry = Entry.objects.get()
    assert (entry.action, entry.subject, entry.before) == (
        "access.email_changed",
        f"user {ada.pk}: Ada Lovelace <ada@example.com>",
        {"email": "ada@example.com"},
    )


@pytest.mark.usefixtures("with_mail")
def test_the_old_address_is_told_when_it_is_asked_and_when_it_is_done(owner: Client) -> None:
    link = ask(owner)
    assert [each.subject for each in mail.outbox if each.to == ["ada@example.com"]] == [
        "Somebody wants to change your address in Usher"
    ]
    mail.outbox.clear()
    owner.post(link)
    send_waiting_mails()
    assert [(each.to, each.subject) for each in mail.outbox] == [
        (["ada@example.com"], "Your address in Usher was changed")
    ]


@pytest.mark.usefixtures("with_mail")
def test_the_link_proves_nothing_for_anybody_else(ada: User, owner: Client, admin: Client) -> None:
    link = ask(owner)
    assert admin.post(link).status_code == 410
    assert Client().post(link).status_code == 302  # to the sign-in
    assert name_of(ada) == "ada@example.com"


@pytest.mark.usefixtures("with_mail")
def test_the_link_is_over_after_an_hour_and_with_a_newer_one(ada: User, owner: Client) -> None:
    older = ask(owner, "first@example.com")
    newer = ask(owner, "second@example.com")
    assert owner.post(older).status_code == 410
    AddressChange.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert owner.post(newer).status_code == 410
    assert name_of(ada) == "ada@example.com"


@pytest.mark.usefixtures("with_mail")
def test_an_address_that_was_taken_meanwhile_stays_with_who_has_it(ada: User, owner: Client) -> None:
    link = ask(owner)
    User.objects.create_user("king@example.com", "king@example.com")
    owner.post(link)
    assert name_of(ada) == "ada@example.com"


@pytest.mark.usefixtures("with_mail")
def test_no_secret_of_the_link_is_stored(owner: Client) -> None:
    token = ask(owner).split("/")[-2]
    stored = [*AddressChange.objects.values(), *AccountMail.objects.values(), *TrailEntry.objects.values()]
    assert token
    assert token not in str(stored)


@pytest.mark.usefixtures("with_mail")
def test_a_mail_that_fails_is_sent_later_with_a_new_link(
    owner: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> int:
        raise ConnectionRefusedError("no mail server")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", refuse)
        assert ask(owner) == ""
    assert "no mail server" in AccountMail.objects.first().problem  # type: ignore[union-attr]
    assert send_waiting_mails() == 0, "not at once"
    AccountMail.objects.update(next_attempt_at=timezone.now())
    send_waiting_mails()
    (link,) = re.findall(r"/profile/address/[^/\s]+/", str([each.body for each in mail.outbox]))
    owner.post(link)
    assert name_of(ada) == "king@example.com"


def test_without_a_mail_server_only_an_admin_can(ada: User, owner: Client, admin: Client) -> None:
    assert "Send link" not in owner.get("/profile/").text
    owner.post("/profile/address/", {"email": "king@example.com"})
    assert not AddressChange.objects.exists()
    admin.post(f"/settings/users/{ada.pk}/address/", {"email": "king@example.com"})
    assert name_of(ada) == "king@example.com"


def test_who_is_no_admin_changes_nobodys_address(ada: User, owner: Client) -> None:
    eve = User.objects.create_user("eve@example.com", "eve@example.com")
    for user in (eve, ada):
        assert (
            owner.post(f"/settings/users/{user.pk}/address/", {"email": "x@example.com"}).status_code == 403
        )
    assert name_of(eve) == "eve@example.com"


def test_an_admin_who_promotes_means_the_account_that_they_saw(ada: User, admin: Client) -> None:
    """Somebody gave the account another address while the admin looked at its page."""
    page = f"/settings/users/{ada.pk}/"
    assert 'value="ada@example.com"' in admin.get(page).text
    change_address(ada, "king@example.com", SYSTEM)
    answer = admin.post(page, {"role": "admin", "seen_as": "ada@example.com"})
    assert "was changed from ada@example.com to king@example.com" in answer.text
    ada.refresh_from_db()
    assert ada.role == UserRole.VIEWER
    admin.post(page, {"role": "approver", "seen_as": "king@example.com"})
    ada.refresh_from_db()
    assert ada.role == UserRole.APPROVER


def test_a_change_ends_sessions_and_links_and_tokens_if_that_is_asked(ada: User, owner: Client) -> None:
    make_token(ada, "export", SYSTEM)
    SignInLink.issue(ada)
    change_address(ada, "king@example.com", SYSTEM)
    assert owner.get("/profile/").status_code == 302
    assert not SignInLink.objects.filter(used_at=None).exists()
    assert ApiToken.objects.filter(revoked_at=None).exists()
    change_address(ada, "queen@example.com", SYSTEM, end_api_tokens=True)
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_two_who_confirm_at_once_change_it_once(ada: User) -> None:
    change = AddressChange.objects.create(
        user=ada, new_address="king@example.com", expires_at=timezone.now() + timedelta(hours=1)
    )
    confirm_address_change(change, SYSTEM)
    with pytest.raises(CannotChange, match="used or expired"):
        confirm_address_change(change, SYSTEM)
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("ada@example.com.", "ada@example.com"),
        ("ada+asana@example.com", "ada+asana@example.com"),
        ("ａｄａ＠example.com", "ada@example.com"),  # full width
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@eхample.com", "ada@xn--eample-bsf.com"),  # Cyrillic х
        ("ada@\u212aelvin.example", "ada@kelvin.example"),  # the sign of the unit
        ("ada@example\u3002com", "ada@example.com"),  # an ideographic full stop
    ],
)
def test_an_address_has_one_spelling(typed: str, stored: str) -> None:
    assert normal_address(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "аda@example.com",  # Cyrillic а
        "ada\u200b@example.com",
        "ada\x00@example.com",
        "ada\n@example.com",
        "ADİ@example.com",
        "ada.@example.com",
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "ada@-.example",
        "ada@\u202eexample.com",
        "",
        "a" * 150 + "@example.com",
    ],
)
def test_an_address_that_could_imitate_another_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddress):
        normal_address(typed)


def test_who_signs_in_may_type_the_address_as_they_like(ada: User, client: Client) -> None:
    change_address(ada, "ada@bücher.example", SYSTEM)
    answer = client.post("/sign-in/", {"username": "ADA@Bücher.example", "password": PASSWORD})
    assert answer.status_code == 302
