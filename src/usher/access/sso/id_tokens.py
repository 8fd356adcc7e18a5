"""Checking ID tokens: OpenID Connect Core 1.0, section 3.1.3.7, signature and nonce included."""

import secrets
from typing import Any

import jwt

from usher.access.models import IdentityProvider
from usher.access.sso.discovery import discover, signing_key
from usher.access.sso.identity import NotAdmitted

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Only those with a public key. Without a signature, or with one by a shared secret, a token is refused."""

CLOCK_SKEW_SECONDS = 60
NEEDED = ["iss", "sub", "aud", "exp", "iat"]
AGAIN = "Sign in again. If it happens again, tell an admin of Usher what this page says."


def claims_of(token: str, provider: IdentityProvider, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that this provider signed for this sign-in. Raises NotAdmitted."""
    configuration = discover(provider.issuer)
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg", "")
        if algorithm not in ALGORITHMS:
            raise _refused(f"signed by “{algorithm}”, which is not accepted")
        key = signing_key(configuration["jwks_uri"], header.get("kid"), algorithm)
        if key is None:
            raise _refused("signed with a key that the provider does not have")
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key.key,
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=configuration["issuer"],
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": NEEDED},
        )
    except jwt.PyJWTError as error:
        raise _refused(_in_words(error)) from error
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise _refused("meant for another application")
    if not nonce or not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise _refused("of another sign-in (nonce)")
    return claims


def _in_words(error: jwt.PyJWTError) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "expired; check the clocks of both machines"
        case jwt.ImmatureSignatureError():
            return "not valid yet; check the clocks of both machines"
        case jwt.InvalidAudienceError():
            return "meant for another application"
        case jwt.InvalidIssuerError():
            return "from another issuer"
        case jwt.InvalidSignatureError():
            return "not signed by the provider"
    return f"not valid ({error})"


def _refused(why: str) -> NotAdmitted:
    return NotAdmitted(f"The ID token is {why}.", AGAIN)
