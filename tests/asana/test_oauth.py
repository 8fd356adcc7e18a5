"""The consent page and the token endpoint."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.responses import JSONResponse, Response

from tests.asana.conftest import QUICK
from tests.support.asana.scripted_asana import breaks_off, broken_json, refusal, web_page
from usher.asana import (
    ConsentRefused,
    InvalidClient,
    InvalidGrant,
    MalformedAnswer,
    NotAuthorized,
    OAuthApp,
    OAuthError,
    ScopeRefused,
    Unavailable,
    pkce_pair,
    refusal_in,
)

ANSWER = {
    "access_token": "access",
    "token_type": "bearer",
    "expires_in": 3600,
    "refresh_token": "refresh",
    "data": {"gid": "467", "name": "Greta Sanz", "email": "greta@example.com"},
}


@pytest.fixture
def app(server) -> OAuthApp:
    return OAuthApp(
        "12345678", "client-secret", "https://usher.example/back", server.url + "/", retries=QUICK
    )


def form_of(seen) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}


def test_the_consent_page_is_asked_with_state_and_challenge(app, server):
    address = urlsplit(app.authorize_url("st&te", "challenge"))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{server.url}/-/oauth_authorize"
    assert parse_qs(address.query) == {
        "client_id": ["12345678"],
        "redirect_uri": ["https://usher.example/back"],
        "response_type": ["code"],
        "state": ["st&te"],
        "code_challenge_method": ["S256"],
        "code_challenge": ["challenge"],
        "scope": ["default"],
    }


def test_a_pkce_pair_is_fresh_and_fits():
    verifier, challenge = pkce_pair()
    assert 43 <= len(verifier) <= 128
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
    assert challenge == digest.rstrip("=")
    assert pkce_pair()[0] != verifier


@pytest.mark.parametrize("person", [{"gid": "467"}, {"id": "467"}, {"id": 467}, {"id": "9", "gid": "467"}])
async def test_a_code_becomes_tokens_and_tells_whose_they_are(app, server, person):
    server.always = JSONResponse({**ANSWER, "data": {**person, "name": "Greta", "email": "g@example.com"}})
    tokens = await app.exchange("the-code", "the-verifier")
    assert (tokens.access_token, tokens.refresh_token) == ("access", "refresh")
    assert (tokens.user_gid, tokens.user_name, tokens.user_email) == ("467", "Greta", "g@example.com")
    assert tokens.expires_at - datetime.now(UTC) == pytest.approx(
        timedelta(hours=1), abs=timedelta(seconds=9)
    )
    assert form_of(server.seen[0]) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "code_verifier": "the-verifier",
        "client_id": "12345678",
        "client_secret": "client-secret",
        "redirect_uri": "https://usher.example/back",
    }


async def test_an_answer_without_a_person_is_good_too(app, server):
    server.always = JSONResponse({"access_token": "access", "expires_in": 3600})
    assert (await app.exchange("code", "verifier")).user_gid is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_grant", InvalidGrant),
        ("invalid_client", InvalidClient),
        ("unauthorized_client", InvalidClient),
        ("invalid_scope", ScopeRefused),
        ("forbidden_scopes", ScopeRefused),
        ("of_tomorrow", OAuthError),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
async def test_each_refusal_has_its_type(app, server, code, kind, status):
    server.always = JSONResponse({"error": code, "error_description": "because client-secret"}, status)
    with pytest.raises(OAuthError, match="because") as caught:
        await app.exchange("code", "verifier")
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.remedy
    assert "client-secret" not in str(caught.value)
    assert len(server.seen) == 1


async def test_a_refused_refresh_is_not_authorized_and_revoked(app, server):
    server.always = JSONResponse(
        {"error": "invalid_grant", "error_description": "The `refresh_token` provided was invalid."}, 400
    )
    with pytest.raises(NotAuthorized) as caught:
        await app.refresh("refresh")
    assert caught.value.reason == "revoked"


def test_the_redirect_back_tells_when_consent_was_refused():
    assert isinstance(refusal_in({"error": "access_denied", "state": "x"}), ConsentRefused)
    assert isinstance(refusal_in({"error": "forbidden_scopes"}), ScopeRefused)
    assert refusal_in({"code": "x", "state": "y"}) is None


@pytest.mark.parametrize("failure", [refusal(503), broken_json(), breaks_off()])
async def test_a_code_is_never_sent_twice(app, server, failure):
    server.always = failure
    with pytest.raises((Unavailable, MalformedAnswer)):
        await app.exchange("code", "verifier")
    assert len(server.seen) == 1


@pytest.mark.parametrize("answer", [web_page(), Response(b"[]", media_type="application/json")])
async def test_something_else_at_the_token_address_is_malformed(app, server, answer):
    server.always = answer
    with pytest.raises(MalformedAnswer):
        await app.exchange("code", "verifier")


async def test_revoking_sends_the_refresh_token_and_is_repeated(app, server):
    server.script.append(refusal(500))
    server.always = Response(b"{}")
    await app.revoke("refresh")
    assert len(server.seen) == 2
    assert server.seen[1].path == "/-/oauth_revoke"
    assert form_of(server.seen[1]) == {
        "client_id": "12345678",
        "client_secret": "client-secret",
        "token": "refresh",
    }
