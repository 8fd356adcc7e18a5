"""“Only by single sign-on”, and the account that works without it."""

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from tests.access.conftest import PASSWORD
from tests.access.sso.conftest import sign_in, who
from tests.support.sso.forging_provider import ForgingProvider
from usher.access.mails.sending import send_waiting_mails
from usher.access.models import IdentityProvider, SignInLink, SignInPolicy, User
from usher.access.roles import UserRole
from usher.access.sso import policy
from usher.access.users.accounts import CannotChange, change_role, deactivate
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry


@pytest.fixture
def required(acme: IdentityProvider, ada: User, root: User, client: Client, forger: ForgingProvider) -> None:
    """Single sign-on is required, and root is the break-glass account. Ada, an admin too, has used it once."""
    User.objects.update(role=UserRole.ADMIN)
    sign_in(client, forger)
    client.logout()
    policy.require_sso(root, SYSTEM)


def by_password(client: Client, user: User) -> str:
    return client.post("/sign-in/", {"username": user.username, "password": PASSWORD}).text


def test_it_cannot_be_turned_on_before_an_admin_has_come_by_it(
    acme: IdentityProvider, ada: User, root: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger)  # a viewer
    client.force_login(root)
    page = client.get("/settings/single-sign-on/").text
    assert "an admin has to sign in with a provider once" in page
    answer = client.post(
        "/settings/single-sign-on/policy/", {"sso_only": "yes", "break_glass": root.pk}, follow=True
    )
    assert "No admin has signed in by single sign-on yet" in answer.text
    assert not SignInPolicy.objects.filter(sso_only=True).exists()


def test_an_admin_turns_it_on_and_off_and_the_ledger_says_so(
    acme: IdentityProvider, ada: User, root: User, client: Client, forger: ForgingProvider
) -> None:
    User.objects.update(role=UserRole.ADMIN)
    sign_in(client, forger)
    client.post("/settings/single-sign-on/policy/", {"sso_only": "yes", "break_glass": root.pk})
    assert policy.is_sso_only()
    assert "root@example.com" in client.get("/settings/single-sign-on/").text
    client.post("/settings/single-sign-on/policy/", {"sso_only": "no"})
    assert not policy.is_sso_only()
    actions = [
        entry.action for entry in Entry.objects.filter(action__startswith="settings.sso_").order_by("number")
    ]
    assert actions == ["settings.sso_required", "settings.sso_not_required"]


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "viewer"}, {"password": "!none"}])
def test_the_break_glass_account_is_an_admin_who_can_sign_in(
    acme: IdentityProvider,
    ada: User,
    root: User,
    client: Client,
    forger: ForgingProvider,
    change: dict[str, object],
) -> None:
    User.objects.filter(pk=ada.pk).update(role=UserRole.ADMIN)
    sign_in(client, forger)
    User.objects.filter(pk=root.pk).update(**change)
    with pytest.raises(policy.PolicyRefused, match="cannot be the break-glass account"):
        policy.require_sso(root, SYSTEM)


def test_passwords_and_links_of_others_sign_in_nobody(required: None, ada: User, client: Client) -> None:
    assert "The e-mail or the password is wrong" in by_password(client, ada)
    link = f"/welcome/{SignInLink.issue(ada)}/"
    assert "Sign in with single sign-on" in client.get(link).text
    assert client.post(link).status_code == 403
    assert who(client) is None


def test_single_sign_on_goes_on(required: None, client: Client, forger: ForgingProvider) -> None:
    page = client.get("/sign-in/").text
    assert page.index("Sign in with Acme ID") < page.index("Break-glass account")
    sign_in(client, forger)
    assert who(client) == "ada@example.com"


def test_the_break_glass_account_signs_in_and_all_admins_are_told(
    required: None, root: User, client: Client, settings: Settings
) -> None:
    settings.EMAIL_HOST = "mail.example"
    by_password(client, root)
    assert who(client) == "root@example.com"
    assert Entry.objects.get(action="access.break_glass_used").subject.startswith(f"user {root.pk}")
    send_waiting_mails()
    messages = [message for message in mail.outbox if "break-glass" in message.subject]
    assert sorted(message.to[0] for message in messages) == ["ada@example.com", "root@example.com"]
    assert "root@example.com signed in from 127.0.0.1" in messages[0].body
    assert "break-glass account" in client.get("/").text


def test_without_a_use_the_dashboard_says_nothing(
    required: None, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger)
    assert "break-glass account" not in client.get("/").text


def test_a_link_signs_in_the_break_glass_account(required: None, root: User, client: Client) -> None:
    client.post(f"/welcome/{SignInLink.issue(root)}/")
    assert who(client) == "root@example.com"
    assert Entry.objects.filter(action="access.break_glass_used").count() == 1


def test_the_break_glass_account_cannot_be_lost(required: None, root: User) -> None:
    for lose in (lambda: change_role(root, UserRole.VIEWER, SYSTEM), lambda: deactivate(root, SYSTEM)):
        with pytest.raises(CannotChange, match="break-glass"):
            lose()


def test_the_last_provider_cannot_be_taken_away(
    required: None, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger)
    answer = client.post("/settings/single-sign-on/acme/delete/", follow=True)
    assert "this is its only provider" in answer.text
    assert IdentityProvider.objects.get().is_enabled


def test_without_any_provider_passwords_sign_in(required: None, ada: User, client: Client) -> None:
    """As after a restore, or where the environment no longer names one."""
    IdentityProvider.objects.all().delete()
    by_password(client, ada)
    assert who(client) == "ada@example.com"


def test_groups_do_not_change_the_break_glass_account(
    required: None, root: User, client: Client, forger: ForgingProvider
) -> None:
    IdentityProvider.objects.update(role_groups={"viewer": ["staff"]})
    sign_in(client, forger, sub="sub-9", email="root@example.com", groups=["staff"])
    assert User.objects.get(pk=root.pk).role == "admin"
    assert not Entry.objects.filter(action="access.break_glass_used").exists()
