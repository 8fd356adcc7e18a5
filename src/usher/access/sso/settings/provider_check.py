"""Test of an identity provider: what works and, for what does not, what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import requests
from allauth.socialaccount.adapter import get_adapter

from usher.access.models import IdentityProvider
from usher.access.sso.discovery import discover, key_set
from usher.access.sso.id_tokens import ALGORITHMS
from usher.access.sso.providers import callback_url, client_secret_of, entity_id
from usher.access.sso.saml_metadata import idp_settings
from usher.refusals import Refused

WRONG_CLIENT = {"invalid_client", "unauthorized_client"}


@dataclass(frozen=True)
class CheckOutcome:
    """One line of the result."""

    label: str
    outcome: str
    """passed, warned, failed or skipped"""
    detail: str
    remedy: str = ""


def check_provider(provider: IdentityProvider) -> list[CheckOutcome]:
    """Asks the provider anew; nothing that is kept counts. Signs nobody in."""
    steps = _oidc(provider) if provider.is_oidc else _saml(provider)
    return [*steps, _registration(provider)]


def _oidc(provider: IdentityProvider) -> Iterator[CheckOutcome]:
    try:
        found = discover(provider.issuer, fresh=True)
    except Refused as refusal:
        yield _failed("Discovery", refusal)
        return
    yield CheckOutcome("Discovery", "passed", f"{found['issuer']} answers.")
    yield _tried("Signing keys", lambda: f"{len(key_set(found['jwks_uri'], fresh=True).keys)} keys.")
    signs_with = found.get("id_token_signing_alg_values_supported", ["RS256"])
    if not set(signs_with) & set(ALGORITHMS):
        yield CheckOutcome(
            "Signatures",
            "failed",
            f"It signs by {', '.join(signs_with)}.",
            "Choose RS256 for ID tokens there.",
        )
    if "S256" not in found.get("code_challenge_methods_supported", ["S256"]):
        yield CheckOutcome(
            "PKCE", "warned", "It does not say that it knows S256.", "Turn PKCE on there, if you can."
        )
    yield _client(provider, found["token_endpoint"], found)
    if found.get("end_session_endpoint"):
        yield CheckOutcome("Sign-out", "passed", "People can sign out of the provider too.")
    else:
        yield CheckOutcome("Sign-out", "skipped", "The provider has no sign-out for other applications.")


def _client(provider: IdentityProvider, token_endpoint: str, found: dict[str, object]) -> CheckOutcome:
    """A code that cannot be right: the answer tells whether client ID and secret are."""
    label = "Client ID and secret"
    try:
        secret = client_secret_of(provider)
    except Refused as refusal:
        return _failed(label, refusal)
    basic = found.get("token_endpoint_auth_methods_supported") == ["client_secret_basic"]
    data = {
        "grant_type": "authorization_code",
        "code": "usher-test",
        "redirect_uri": callback_url(provider),
        "code_verifier": "usher-test-usher-test-usher-test-usher-test",
    }
    if not basic:
        data |= {"client_id": provider.client_id, "client_secret": secret}
    auth = (provider.client_id, secret) if basic else None
    try:
        with get_adapter().get_requests_session() as session:
            answer = session.post(token_endpoint, data=data, auth=auth, allow_redirects=False)
        said = answer.json().get("error", "")
    except (requests.RequestException, ValueError, AttributeError) as error:
        return CheckOutcome(
            label, "warned", f"They could not be tried ({type(error).__name__}).", "Sign in once."
        )
    if said in WRONG_CLIENT:
        return CheckOutcome(
            label, "failed", f"The provider refuses them ({said}).", "Copy both again from there."
        )
    if said == "invalid_grant":
        return CheckOutcome(label, "passed", "The provider takes them.")
    return CheckOutcome(label, "warned", f"The provider answers “{said}”.", "Sign in once, to be sure.")


def _saml(provider: IdentityProvider) -> Iterator[CheckOutcome]:
    try:
        found = idp_settings(provider, fresh=True)
    except Refused as refusal:
        yield _failed("Metadata", refusal)
        return
    several = found.get("x509certMulti", {}).get("signing", [])
    count = len(several) or 1
    yield CheckOutcome("Metadata", "passed", f"{found['entityId']}; certificates: {count}.")
    yield CheckOutcome("Address to sign in", "passed", str(found["singleSignOnService"]["url"]))


def _registration(provider: IdentityProvider) -> CheckOutcome:
    """What cannot be tried without a person."""
    if provider.is_oidc:
        return CheckOutcome(
            "Redirect URI",
            "skipped",
            "Only a sign-in shows it.",
            f"Register exactly {callback_url(provider)}",
        )
    return CheckOutcome(
        "Registration of Usher",
        "skipped",
        "Only a sign-in shows it.",
        f"Entity ID {entity_id(provider)}, ACS URL {callback_url(provider)}",
    )


def _tried(label: str, ask: Callable[[], str]) -> CheckOutcome:
    try:
        return CheckOutcome(label, "passed", ask())
    except Refused as refusal:
        return _failed(label, refusal)


def _failed(label: str, refusal: Refused) -> CheckOutcome:
    return CheckOutcome(label, "failed", refusal.message, refusal.remedy)
