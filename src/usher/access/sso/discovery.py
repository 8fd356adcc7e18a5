"""What an OpenID Connect provider says about itself: its addresses, and the keys that sign its tokens.

Read with a time limit, and kept for a while by each process, so that a slow provider does not slow every page.
"""

import hashlib
from typing import Any

import jwt
import requests
from allauth.socialaccount.adapter import get_adapter
from django.core.cache import cache

from usher.refusals import Refused

KEPT_SECONDS = 300
PATH = "/.well-known/openid-configuration"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderUnreachable(Refused):
    """The provider does not answer, or not as OpenID Connect has it."""


def discovery_url(issuer: str) -> str:
    return issuer.rstrip("/") + PATH


def discover(issuer: str, *, fresh: bool = False) -> dict[str, Any]:
    """The provider's configuration, checked. Raises ProviderUnreachable."""
    key = _key("discovery", issuer)
    known = None if fresh else cache.get(key)
    if known is None:
        known = _checked(issuer, _json(discovery_url(issuer)))
        cache.set(key, known, KEPT_SECONDS)
    return dict(known)


def signing_key(jwks_uri: str, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
    """The key of this name. Unknown ones are looked for anew, since providers rotate their keys."""
    for fresh in (False, True):
        for key in key_set(jwks_uri, fresh=fresh).keys:
            if (
                key.key_id == key_id
                and key.public_key_use in (None, "sig")
                and key.algorithm_name == algorithm
            ):
                return key
    return None


def key_set(jwks_uri: str, *, fresh: bool = False) -> jwt.PyJWKSet:
    """Raises ProviderUnreachable."""
    key = _key("jwks", jwks_uri)
    known = None if fresh else cache.get(key)
    if known is None:
        known = _json(jwks_uri)
        cache.set(key, known, KEPT_SECONDS)
    try:
        return jwt.PyJWKSet.from_dict(known)
    except jwt.PyJWTError as error:
        raise ProviderUnreachable(f"{jwks_uri} has no key that Usher can use: {error}") from error


def _checked(issuer: str, found: dict[str, Any]) -> dict[str, Any]:
    said = str(found.get("issuer", ""))
    if said.rstrip("/") != issuer.rstrip("/"):
        raise ProviderUnreachable(
            f"The provider calls itself {said or 'nothing'}, not {issuer}.",
            "Set the issuer to exactly what the provider calls itself. For Entra, use the address with the ID of your "
            "tenant, not “common”.",
        )
    missing = [name for name in NEEDED if not isinstance(found.get(name), str)]
    if missing:
        raise ProviderUnreachable(
            f"{discovery_url(issuer)} has no {', '.join(missing)}.", "Check the issuer."
        )
    return found


def _json(url: str) -> dict[str, Any]:
    try:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, allow_redirects=False, headers={"Accept": "application/json"})
        if answer.status_code != 200:
            raise ProviderUnreachable(f"{url} answers {answer.status_code}.", "Check the issuer.")
        found = answer.json()
    except requests.exceptions.JSONDecodeError as error:
        raise ProviderUnreachable(f"{url} is no JSON.", "Check the issuer.") from error
    except (requests.RequestException, ValueError) as error:
        raise ProviderUnreachable(
            f"{url} does not answer ({type(error).__name__}).",
            "Check the address, and that the machine that runs Usher can reach it.",
        ) from error
    if not isinstance(found, dict):
        raise ProviderUnreachable(f"{url} is not what OpenID Connect wants.", "Check the issuer.")
    return found


def _key(kind: str, url: str) -> str:
    return f"sso:{kind}:{hashlib.sha256(url.encode()).hexdigest()}"
