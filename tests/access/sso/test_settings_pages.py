"""Settings → Single sign-on."""

import pytest
from django.db import connection
from django.test import Client
from pytest import MonkeyPatch

from tests.access.sso.conftest import sign_in, who
from tests.support.sso.assertions import metadata, signer
from tests.support.sso.forging_provider import CLIENT_ID, CLIENT_SECRET, ForgingProvider
from usher.access.models import IdentityProvider, User
from usher.ledger.models import Entry

SETTINGS = "/settings/single-sign-on/"


@pytest.fixture
def admins(client: Client, root: User) -> Client:
    """The browser of an admin."""
    client.force_login(root)
    return client


def written(forger: ForgingProvider, **changed: object) -> dict[str, object]:
    return {
        "name": "Acme ID",
        "issuer": forger.issuer + "/",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "domains": "Example.com, @example.org\n",
        "groups_admin": "admins\n\nadmins\nroot users",
        "sees_all": "msp\n",
        "is_enabled": "on",
    } | changed


def test_an_admin_adds_a_provider_and_people_sign_in_with_it(
    admins: Client, ada: User, forger: ForgingProvider
) -> None:
    answer = admins.post(f"{SETTINGS}add/oidc/", written(forger), follow=True)
    assert "http://testserver/sign-in/oidc/acme-id/return/" in answer.text
    made = IdentityProvider.objects.get()
    assert made.issuer == forger.issuer
    assert made.domains == ["example.com", "example.org"]
    assert made.role_groups["admin"] == ["admins", "root users"]
    assert made.scope_groups == {"all": ["msp"]}
    page = Client().get("/sign-in/").text
    assert page.index("Sign in with Acme ID") < page.index("or with a password")


def test_the_secret_is_encrypted_and_nowhere_shown(admins: Client, forger: ForgingProvider) -> None:
    admins.post(f"{SETTINGS}add/oidc/", written(forger))
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM access_identityprovider")
        assert CLIENT_SECRET not in str(cursor.fetchone())
    assert CLIENT_SECRET not in admins.get(f"{SETTINGS}acme-id/").text
    assert CLIENT_SECRET not in str(list(Entry.objects.values_list("before", "after")))


def test_an_empty_secret_keeps_the_stored_one_and_a_new_one_is_named_in_the_ledger(
    admins: Client, acme: IdentityProvider, forger: ForgingProvider
) -> None:
    admins.post(f"{SETTINGS}acme/", written(forger, name="Acme", client_secret=""))
    assert IdentityProvider.objects.get().client_secret == CLIENT_SECRET
    admins.post(f"{SETTINGS}acme/", written(forger, name="Acme", client_secret="another"))
    assert IdentityProvider.objects.get().client_secret == "another"
    assert Entry.objects.filter(action="settings.sso_provider_changed").first().after == {
        "client_secret": "a new one"
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "ftp://x.example"}, "begins with https://"),
        ({"issuer": "javascript:alert(1)"}, "begins with https://"),
        ({"issuer": "https://[::1"}, "begins with https://"),
        ({"domains": ""}, "required"),
        ({"domains": "example"}, "is not a domain"),
        ({"domains": "example.com/x"}, "is not a domain"),
        ({"client_secret": ""}, "required"),
        ({"name": ""}, "required"),
    ],
)
def test_what_cannot_work_is_not_stored(
    admins: Client, forger: ForgingProvider, changed: dict[str, object], said: str
) -> None:
    answer = admins.post(f"{SETTINGS}add/oidc/", written(forger, **changed))
    assert answer.status_code == 422
    assert said in answer.text
    assert not IdentityProvider.objects.exists()


def test_two_providers_of_one_name_have_addresses_of_their_own(
    admins: Client, forger: ForgingProvider
) -> None:
    for name in ("Add", "Acme ID", "Acme ID", "環境"):
        admins.post(f"{SETTINGS}add/oidc/", written(forger, name=name))
    slugs = set(IdentityProvider.objects.values_list("slug", flat=True))
    assert slugs == {"add-2", "acme-id", "acme-id-2", "provider"}


def test_metadata_of_saml_are_read_before_they_are_stored(admins: Client) -> None:
    form = {"name": "Corp", "domains": "example.com", "is_enabled": "on"}
    assert "paste them" in admins.post(f"{SETTINGS}add/saml/", form).text
    for xml in ("nonsense", "<a/>", '<!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>'):
        assert admins.post(f"{SETTINGS}add/saml/", form | {"metadata_xml": xml}).status_code == 422
    right = form | {"metadata_xml": metadata(signer("idp").certificate)}
    answer = admins.post(f"{SETTINGS}add/saml/", right, follow=True)
    assert "http://testserver/sign-in/saml/corp/metadata/" in answer.text


def outcomes(admins: Client) -> dict[str, str]:
    page = admins.post(f"{SETTINGS}acme/test/")
    return {check.label: check.outcome for check in page.context["checks"]}


def test_the_test_says_what_works_and_what_to_do(
    admins: Client, acme: IdentityProvider, forger: ForgingProvider
) -> None:
    assert outcomes(admins) == {
        "Discovery": "passed",
        "Signing keys": "passed",
        "Client ID and secret": "passed",
        "Sign-out": "skipped",
        "Redirect URI": "skipped",
    }
    acme.client_secret = "wrong"
    acme.save()
    assert outcomes(admins)["Client ID and secret"] == "failed"
    forger.configuration = {"issuer": "https://somebody.example"}
    assert outcomes(admins)["Discovery"] == "failed"
    assert "calls itself https://somebody.example" in admins.post(f"{SETTINGS}acme/test/").text
    forger.is_down = True
    assert "answers 503" in admins.post(f"{SETTINGS}acme/test/").text


def test_a_provider_by_environment_signs_people_in(
    ada: User, client: Client, forger: ForgingProvider, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setenv("USHER_OIDC_ISSUER", forger.issuer)
    monkeypatch.setenv("USHER_OIDC_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("USHER_OIDC_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("USHER_SSO_DOMAINS", "example.com")
    monkeypatch.setenv("USHER_SSO_NAME", "Acme by environment")
    monkeypatch.setenv("USHER_SSO_APPROVER_GROUPS", "hr, board")
    assert "Sign in with Acme by environment" in client.get("/sign-in/").text
    IdentityProvider.objects.create(slug="acme", protocol="oidc", issuer=forger.issuer, is_enabled=False)
    answer = client.get("/sign-in/oidc/environment/")
    nonce = answer["Location"].partition("nonce=")[2].partition("&")[0]
    state = answer["Location"].partition("state=")[2].partition("&")[0]
    forger.token = forger.id_token(nonce, groups=["board"])
    client.get("/sign-in/oidc/environment/return/", {"state": state, "code": "right"})
    assert who(client) == "ada@example.com"
    assert User.objects.get().role == "approver"


def test_variables_that_do_not_fit_are_named_and_passwords_still_sign_in(
    admins: Client, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setenv("USHER_OIDC_ISSUER", "https://id.example")
    assert "USHER_OIDC_ISSUER is set without USHER_OIDC_CLIENT_ID" in admins.get(SETTINGS).text
    page = Client().get("/sign-in/").text
    assert "Single sign-on" not in page
    assert 'name="password"' in page


def test_signing_out_offers_the_sign_out_of_the_provider(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    forger.configuration = {"end_session_endpoint": f"{forger.issuer}/end"}
    sign_in(client, forger)
    page = client.post("/sign-out/").text
    assert "You are still signed in to Acme ID" in page
    assert f"{forger.issuer}/end?client_id=usher&amp;id_token_hint={forger.token}" in page
    assert who(client) is None


def test_a_provider_that_is_down_does_not_hinder_signing_out(
    acme: IdentityProvider, ada: User, client: Client, forger: ForgingProvider
) -> None:
    from django.core.cache import cache

    sign_in(client, forger)
    forger.is_down = True
    cache.clear()
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
