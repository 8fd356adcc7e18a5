"""Whose account somebody signs in to, and with which role."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from tests.access.sso.conftest import sign_in, who
from tests.support.sso.forging_provider import ForgingProvider
from usher.access.models import ApiToken, IdentityProvider, SignInLink, TrailEntry, User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import find_token, make_token
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry

SEEN_BY = {"all": ["msp"], "7": ["acme-it"], "9": ["beta-it"]}
GROUPS = {"admin": ["usher-admins"], "approver": ["hr"], "viewer": ["staff", "everyone"]}


@pytest.fixture
def mapped(acme: IdentityProvider) -> IdentityProvider:
    acme.role_groups = GROUPS
    acme.creates_users = True
    acme.save()
    return acme


def role_of(email: str = "ada@example.com") -> str:
    return User.objects.get(username=email).role


def test_the_first_sign_in_ties_an_invited_account_and_the_ledger_says_so(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger, email="ADA@Example.com")
    assert who(client) == "ada@example.com"
    entry = Entry.objects.get(action="access.sso_tied")
    assert (entry.actor_name, entry.after["subject"]) == ("Acme ID", "sub-1")
    assert ada.has_usable_password()
    assert TrailEntry.objects.get(kind="signed_in").about == "single sign-on (acme)"


def test_of_somebody_only_what_is_needed_is_stored(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger, birthdate="1815-12-10", groups=["secret"])
    assert SocialAccount.objects.get().extra_data == {
        "issuer": forger.issuer,
        "subject": "sub-1",
        "email": "ada@example.com",
    }


def test_who_was_not_invited_stays_out(
    acme: IdentityProvider, client: Client, forger: ForgingProvider
) -> None:
    answer = sign_in(client, forger)
    assert answer.status_code == 403
    assert "There is no account for ada@example.com in Usher" in answer.text
    assert not User.objects.exists()


def test_accounts_are_made_where_that_is_set(
    acme: IdentityProvider, client: Client, forger: ForgingProvider
) -> None:
    IdentityProvider.objects.update(creates_users=True)
    sign_in(client, forger)
    ada = User.objects.get()
    assert (ada.username, ada.name, ada.role) == ("ada@example.com", "Ada Lovelace", "viewer")
    assert not ada.has_usable_password()
    assert who(client) == "ada@example.com"


def test_an_address_that_was_changed_at_the_provider_leads_to_the_same_account(
    acme: IdentityProvider, ada: User, root: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger)
    client.logout()
    sign_in(client, forger, email="root@example.com")
    assert who(client) == "ada@example.com"


def test_an_address_that_was_given_to_somebody_else_leads_to_nobodys_account(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger)
    client.logout()
    answer = sign_in(client, forger, sub="sub-2")
    assert "belongs to somebody else" in answer.text
    assert who(client) is None


def test_an_admin_can_end_the_tie_and_the_next_sign_in_makes_a_new_one(
    acme: IdentityProvider, ada: User, root: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger)
    client.force_login(root)
    assert "sub-1 at acme" in client.get(f"/settings/users/{ada.pk}/").text
    client.post(f"/settings/users/{ada.pk}/untie/")
    assert Entry.objects.filter(action="access.sso_untied").count() == 1
    client.logout()
    sign_in(client, forger, sub="sub-2")
    assert who(client) == "ada@example.com"


def test_another_issuer_at_the_same_place_does_not_inherit_the_ties(
    acme: IdentityProvider, ada: User, root: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger)
    client.logout()
    SocialAccount.objects.update(uid=IdentityProvider.uid_of("https://old.example", "sub-1"))
    assert "belongs to somebody else" in sign_in(client, forger).text


def test_who_is_deactivated_in_usher_stays_out_whatever_the_provider_says(
    mapped: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger, groups=["hr"])
    client.logout()
    User.objects.update(is_active=False)
    answer = sign_in(client, forger, groups=["usher-admins"])
    assert "Your account is deactivated" in answer.text
    assert who(client) is None
    assert role_of() == "approver"


def test_who_is_deactivated_before_the_first_sign_in_stays_out_too(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    User.objects.update(is_active=False)
    assert "Your account is deactivated" in sign_in(client, forger).text
    assert not SocialAccount.objects.exists()


def test_an_address_that_is_not_verified_comes_in_where_an_admin_has_said_so(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    IdentityProvider.objects.update(accepts_unverified_email=True)
    sign_in(client, forger, email_verified=None)
    assert who(client) == "ada@example.com"


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["staff"], "viewer"),
        (["hr", "staff", "unknown"], "approver"),
        (["usher-admins", "hr"], "admin"),
        ("usher-admins", "admin"),
    ],
)
def test_the_highest_role_of_the_groups_wins(
    mapped: IdentityProvider, client: Client, forger: ForgingProvider, groups: object, role: str
) -> None:
    sign_in(client, forger, groups=groups)
    assert role_of() == role


@pytest.mark.parametrize("groups", [[], None, ["Usher-Admins"], [["usher-admins"]], {"usher-admins": True}])
def test_without_a_group_that_is_mapped_nobody_comes_in_and_no_account_is_made(
    mapped: IdentityProvider, client: Client, forger: ForgingProvider, groups: object
) -> None:
    assert "None of your groups" in sign_in(client, forger, groups=groups).text
    assert not User.objects.exists()


def test_the_role_follows_the_groups_at_every_sign_in(
    mapped: IdentityProvider, root: User, client: Client, forger: ForgingProvider
) -> None:
    for groups, role in ((["hr"], "approver"), (["usher-admins"], "admin"), (["staff"], "viewer")):
        sign_in(client, forger, groups=groups)
        assert role_of() == role
        client.logout()
    changes = Entry.objects.filter(action="access.role_changed").order_by("number")
    assert [(entry.actor_name, entry.after["role"]) for entry in changes] == [
        ("Acme ID", "admin"),
        ("Acme ID", "viewer"),
    ]


def test_who_loses_all_groups_loses_role_sessions_links_and_tokens(
    mapped: IdentityProvider, root: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger, groups=["usher-admins"])
    ada = User.objects.get(username="ada@example.com")
    token = make_token(ada, "nightly", SYSTEM)
    SignInLink.issue(ada)
    elsewhere = Client()
    assert "None of your groups" in sign_in(elsewhere, forger, groups=["unknown"]).text
    assert role_of() == "viewer"
    assert client.get("/profile/").status_code == 302
    assert find_token(token) is None
    assert ApiToken.objects.get().revoked_at
    assert not SignInLink.objects.exists()
    sign_in(elsewhere, forger, groups=["hr"])
    assert role_of() == "approver"


def test_a_default_role_is_for_people_in_no_group_that_is_mapped(
    mapped: IdentityProvider, client: Client, forger: ForgingProvider
) -> None:
    IdentityProvider.objects.update(default_role="operator")
    sign_in(client, forger, groups=["unknown"])
    assert role_of() == "operator"


def test_the_last_admin_stays_admin(
    mapped: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    User.objects.update(role=UserRole.ADMIN)
    sign_in(client, forger, groups=["staff"])
    assert role_of() == "admin"
    client.logout()
    assert "None of your groups" in sign_in(client, forger, groups=[]).text
    assert role_of() == "admin"


def test_without_a_mapping_the_role_stays_as_admins_set_it(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    User.objects.update(role=UserRole.APPROVER)
    sign_in(client, forger, groups=["usher-admins"])
    assert role_of() == "approver"


def test_groups_may_be_in_another_claim_or_below_one(
    mapped: IdentityProvider, root: User, client: Client, forger: ForgingProvider
) -> None:
    IdentityProvider.objects.update(groups_claim="realm_access.roles")
    sign_in(client, forger, realm_access={"roles": ["hr"]})
    assert role_of() == "approver"
    IdentityProvider.objects.update(groups_claim="https://acme.example/groups")
    sign_in(client, forger, **{"https://acme.example/groups": ["usher-admins"]})
    assert role_of() == "admin"


def test_groups_of_userinfo_count(mapped: IdentityProvider, client: Client, forger: ForgingProvider) -> None:
    forger.userinfo = {"sub": "sub-1", "groups": ["hr"]}
    sign_in(client, forger)
    assert role_of() == "approver"


def test_groups_that_entra_left_out_for_their_number_are_no_reason_to_take_a_role_away(
    mapped: IdentityProvider, root: User, client: Client, forger: ForgingProvider
) -> None:
    sign_in(client, forger, groups=["hr"])
    client.logout()
    answer = sign_in(client, forger, _claim_names={"groups": "src1"})
    assert "more groups than" in answer.text
    assert role_of() == "approver"


@pytest.mark.parametrize(
    ("groups", "scope"),
    [
        (["acme-it"], [7]),
        (["acme-it", "beta-it"], [7, 9]),
        (["acme-it", "msp"], None),
        (["beta-it", "unknown"], [9]),
    ],
)
def test_groups_say_which_connections_are_seen(
    acme: IdentityProvider, client: Client, forger: ForgingProvider, groups: object, scope: list[int] | None
) -> None:
    IdentityProvider.objects.update(creates_users=True, scope_groups=SEEN_BY)
    sign_in(client, forger, groups=groups)
    assert User.objects.get().scope == scope


def test_what_is_seen_follows_the_groups_at_every_sign_in_and_the_ledger_says_so(
    acme: IdentityProvider, ada: User, root: User, client: Client, forger: ForgingProvider
) -> None:
    IdentityProvider.objects.update(scope_groups=SEEN_BY)
    for groups, scope in ((["acme-it"], [7]), (["beta-it"], [9]), (["msp"], None)):
        sign_in(client, forger, groups=groups)
        assert User.objects.get(pk=ada.pk).scope == scope
        client.logout()
    assert {entry.actor_name for entry in Entry.objects.filter(action="access.scope_changed")} == {"Acme ID"}


def test_who_loses_the_groups_of_all_connections_does_not_come_in(
    acme: IdentityProvider, ada: User, root: User, client: Client, forger: ForgingProvider
) -> None:
    IdentityProvider.objects.update(scope_groups=SEEN_BY)
    sign_in(client, forger, groups=["acme-it"])
    assert "None of your groups" in sign_in(Client(), forger, groups=["other"]).text
    assert client.get("/profile/").status_code == 302, "the session that was open has ended"


def test_the_last_admin_who_sees_all_is_not_limited_by_a_group(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    User.objects.filter(pk=ada.pk).update(role=UserRole.ADMIN)
    IdentityProvider.objects.update(scope_groups=SEEN_BY)
    sign_in(client, forger, groups=["acme-it"])
    assert who(client) == "ada@example.com"
    assert User.objects.get(pk=ada.pk).scope is None


def test_a_limit_that_the_database_cannot_hold_lets_nobody_in(
    acme: IdentityProvider,
    ada: User,
    root: User,
    client: Client,
    forger: ForgingProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    IdentityProvider.objects.update(scope_groups=SEEN_BY)
    monkeypatch.setattr("usher.access.scope.change.scoped_role_problem", lambda: "there is no such role")
    sign_in(client, forger, groups=["acme-it"])
    assert who(client) is None
