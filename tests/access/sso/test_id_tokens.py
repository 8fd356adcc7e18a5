"""Only an ID token that the provider signed, for Usher, for this sign-in and now, signs somebody in."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable

import jwt
import pytest
from django.test import Client

from tests.access.sso.conftest import begin, come_back, sign_in, who
from tests.support.sso.forging_provider import CLIENT_SECRET, ForgingProvider, Key
from usher.access.models import IdentityProvider, User

pytestmark = pytest.mark.usefixtures("acme", "ada")


def test_a_right_token_signs_in_and_leads_to_the_page_that_was_asked_for(
    client: Client, forger: ForgingProvider
) -> None:
    assert sign_in(client, forger, next_page="/profile/")["Location"] == "/profile/"
    assert who(client) == "ada@example.com"


def test_the_request_has_state_nonce_and_a_challenge_and_the_code_is_redeemed_with_its_verifier(
    client: Client, forger: ForgingProvider
) -> None:
    asked = begin(client)
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://testserver/sign-in/oidc/acme/return/"
    assert len(asked["nonce"]) >= 32
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    forger.token = forger.id_token(asked["nonce"])
    come_back(client, asked)
    assert len(forger.asked[-1]["code_verifier"]) >= 43


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"aud": "somebody-else"}, "another application"),
        ({"aud": ["usher", "other"], "azp": "other"}, "another application"),
        ({"exp": int(time.time()) - 3600}, "expired"),
        ({"exp": None}, "not valid"),
        ({"iat": None}, "not valid"),
        ({"nbf": int(time.time()) + 3600}, "not valid yet"),
        ({"nonce": "of another sign-in"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"sub": None}, "not valid"),
        ({"sub": ""}, "who you are"),
        ({"email": None}, "e-mail address"),
        ({"email": "not an address"}, "e-mail address"),
        ({"email_verified": False}, "has not verified"),
        ({"email_verified": None}, "has not verified"),
        ({"email_verified": "false"}, "has not verified"),
        ({"email": "ada@evil.example"}, "evil.example"),
        ({"email": "ada@example.com.evil.example"}, "evil.example"),
        ({"email": "ada@sub.example.com"}, "sub.example.com"),
    ],
)
def test_a_token_that_is_not_right_signs_nobody_in(
    client: Client, forger: ForgingProvider, changed: dict[str, object], said: str
) -> None:
    answer = sign_in(client, forger, **changed)
    assert answer.status_code == 403
    assert said in answer.text
    assert who(client) is None


def _with_a_strange_key(forger: ForgingProvider, nonce: str) -> str:
    forger.signs_with = Key(forger.keys[0].name)
    return forger.id_token(nonce)


def _without_a_signature(forger: ForgingProvider, nonce: str) -> str:
    body = jwt.decode(forger.id_token(nonce), options={"verify_signature": False})
    return jwt.encode(body, None, "none", {"kid": "first"})  # type: ignore[arg-type]


def _with_the_shared_secret(forger: ForgingProvider, nonce: str) -> str:
    body = jwt.decode(forger.id_token(nonce), options={"verify_signature": False})
    return jwt.encode(body, CLIENT_SECRET, "HS256", {"kid": "first"})


def _with_other_claims_under_the_signature(forger: ForgingProvider, nonce: str) -> str:
    head, _, signature = forger.id_token(nonce).split(".")
    _, body, _ = forger.id_token(nonce, email="root@example.com").split(".")
    return ".".join((head, body, signature))


def _with_a_key_of_its_own(forger: ForgingProvider, nonce: str) -> str:
    own = Key("own")
    body = jwt.decode(forger.id_token(nonce), options={"verify_signature": False})
    return jwt.encode(body, own.private, "RS256", {"kid": "own", "jwk": own.public()})


def _garbage(forger: ForgingProvider, nonce: str) -> str:
    return urlsafe_b64encode(b"\x00\xff" * 40).decode()


@pytest.mark.parametrize(
    "forge",
    [
        _with_a_strange_key,
        _without_a_signature,
        _with_the_shared_secret,
        _with_other_claims_under_the_signature,
        _with_a_key_of_its_own,
        _garbage,
    ],
)
def test_a_forged_token_signs_nobody_in(
    client: Client, forger: ForgingProvider, forge: Callable[[ForgingProvider, str], str]
) -> None:
    asked = begin(client)
    forger.token = forge(forger, asked["nonce"])
    assert come_back(client, asked).status_code == 403
    assert who(client) is None


def test_a_new_key_of_the_provider_is_known_at_once(client: Client, forger: ForgingProvider) -> None:
    sign_in(client, forger)
    client.logout()
    forger.keys = [Key("second")]
    forger.signs_with = forger.keys[0]
    sign_in(client, forger)
    assert who(client) == "ada@example.com"


def test_userinfo_of_somebody_else_is_refused(client: Client, forger: ForgingProvider) -> None:
    forger.userinfo = {"sub": "sub-2", "groups": ["admins"]}
    assert "about somebody else" in sign_in(client, forger).text
    assert who(client) is None


def test_what_is_signed_counts_more_than_userinfo(client: Client, forger: ForgingProvider) -> None:
    User.objects.create_user("eve@example.com", "eve@example.com")
    forger.userinfo = {"sub": "sub-1", "email": "eve@example.com", "email_verified": True}
    sign_in(client, forger)
    assert who(client) == "ada@example.com"


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    client: Client, forger: ForgingProvider
) -> None:
    asked = begin(client)
    forger.token = forger.id_token(asked["nonce"])
    stranger = Client()
    assert "did not begin in this browser" in come_back(stranger, asked).text
    assert who(stranger) is None
    come_back(client, asked)
    client.logout()
    assert "did not begin in this browser" in come_back(client, asked).text
    assert who(client) is None


def test_the_state_of_one_provider_does_not_open_another(
    acme: IdentityProvider, client: Client, forger: ForgingProvider
) -> None:
    acme.pk, acme.slug = None, "other"
    acme.save()
    asked = begin(client)
    forger.token = forger.id_token(asked["nonce"])
    answer = client.get("/sign-in/oidc/other/return/", {"state": asked["state"], "code": "right"})
    assert answer.status_code == 403
    assert who(client) is None


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_back_never_leads_elsewhere(client: Client, forger: ForgingProvider, elsewhere: str) -> None:
    assert sign_in(client, forger, next_page=elsewhere)["Location"] == "/"


def test_the_query_cannot_change_what_is_asked_of_the_provider(client: Client) -> None:
    answer = client.get(
        "/sign-in/oidc/acme/?auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example&scope=admin&process=connect"
    )
    assert "evil.example" not in answer["Location"]
    assert "admin" not in answer["Location"]


def test_a_provider_that_is_down_is_named_and_nothing_breaks(client: Client, forger: ForgingProvider) -> None:
    asked = begin(client)
    forger.token = forger.id_token(asked["nonce"])
    forger.is_down = True
    assert come_back(client, asked).status_code == 403
    from django.core.cache import cache

    cache.clear()
    answer = client.get("/sign-in/oidc/acme/")
    assert answer.status_code == 403
    assert "answers 503" in answer.text
    assert client.get("/sign-in/").status_code == 200


def test_a_refusal_of_the_provider_is_shown_as_text(client: Client) -> None:
    asked = begin(client)
    answer = client.get(
        "/sign-in/oidc/acme/return/",
        {"state": asked["state"], "error": "server_error", "error_description": "<script>alert(1)</script>"},
    )
    assert answer.status_code == 403
    assert "server_error" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("path", ["nobody/", "nobody/return/", "acme/acs/"])
def test_a_provider_that_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/sign-in/oidc/{path}").status_code == 404
    assert client.get(f"/sign-in/saml/{path}").status_code in (404, 405)


def test_one_that_is_switched_off_is_not_there(acme: IdentityProvider, client: Client) -> None:
    IdentityProvider.objects.update(is_enabled=False)
    assert client.get("/sign-in/oidc/acme/").status_code == 404
    assert "Acme ID" not in client.get("/sign-in/").text
