"""Who somebody is, as an identity provider says."""

from collections.abc import Mapping
from dataclasses import dataclass

from usher.access.models import IdentityProvider
from usher.refusals import Refused

YES = {"true", "1", "yes"}

ASKED_AGAIN_AT = "asked_again_at"
"""In the state of a sign-in, seconds since 1970: it is a proof of who is signed in already (`access.proof`)."""
SIGNED_IN_AT = "signed_in_at"
"""In the state of a sign-in: `VerifiedIdentity.signed_in_at`."""


class NotAdmitted(Refused):
    """Why somebody whom an identity provider knows does not come in."""


@dataclass(frozen=True)
class VerifiedIdentity:
    """What Usher takes from an ID token or an assertion, after it was verified."""

    issuer: str
    subject: str
    email: str
    """In lower case; empty where the provider gave none."""
    is_email_verified: bool
    name: str
    groups: frozenset[str]
    signed_in_at: float | None = None
    """Seconds since 1970 when they last proved there who they are; None where the provider does not say."""


def identity_from_claims(
    provider: IdentityProvider, issuer: str, claims: Mapping[str, object]
) -> VerifiedIdentity:
    """Of OpenID Connect: the ID token's claims, with those of userinfo."""
    if _is_too_much(claims, provider.groups_claim or "groups") and (
        provider.maps_groups or provider.limits_by_groups
    ):
        raise NotAdmitted(
            f"You are in more groups than {provider.name} sends at once, so your role is unknown.",
            "An admin of the identity provider can send only the groups that are assigned to Usher.",
        )
    return VerifiedIdentity(
        issuer=issuer,
        subject=_text(claims.get(provider.subject_claim or "sub")),
        email=_text(claims.get(provider.email_claim or "email")).strip().lower(),
        is_email_verified=_is_true(claims.get("email_verified")),
        name=_text(claims.get(provider.name_claim or "name")).strip(),
        groups=_texts(_at(claims, provider.groups_claim or "groups")),
        signed_in_at=_moment(claims.get("auth_time")),
    )


def _at(claims: Mapping[str, object], path: str) -> object:
    """A claim by its name or, where there is none, by its path, such as Keycloak's `realm_access.roles`."""
    if path in claims:
        return claims[path]
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _is_too_much(claims: Mapping[str, object], claim: str) -> bool:
    """Entra names a claim here that it left out for its length."""
    left_out = claims.get("_claim_names")
    return isinstance(left_out, Mapping) and claim in left_out


def _is_true(value: object) -> bool:
    """Some providers send the word."""
    return value is True or (isinstance(value, str) and value.strip().lower() in YES)


def _moment(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset([value])
    return (
        frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()
    )
