"""The identity provider that is set by environment variables (docs/sign-in.md)."""

import os

from usher.access.models import IdentityProvider
from usher.access.roles import UserRole
from usher.access.sso.domains import domains_in
from usher.refusals import Refused

SLUG = "environment"
OIDC = ("USHER_OIDC_ISSUER", "USHER_OIDC_CLIENT_ID", "USHER_OIDC_CLIENT_SECRET")
SAML = "USHER_SAML_METADATA_URL"
WORDS = {"yes": True, "no": False, "": False}


class WronglySet(Refused):
    """A variable, or several together, that cannot be."""


def provider_of_environment() -> IdentityProvider | None:
    """None where no variable names one. Raises WronglySet."""
    issuer, client_id, secret = (_value(name) for name in OIDC)
    metadata_url = _value(SAML)
    if not issuer and not metadata_url:
        return None
    if issuer and metadata_url:
        raise WronglySet(f"Both {OIDC[0]} and {SAML} are set.", "Set one of them.")
    if issuer and not (client_id and secret):
        raise WronglySet(f"{OIDC[0]} is set without {OIDC[1]} and {OIDC[2]}.", "Set all three.")
    domains = domains_in(_value("USHER_SSO_DOMAINS"))
    if not domains:
        raise WronglySet(
            "USHER_SSO_DOMAINS is not set.",
            "Set the e-mail domains of the people who sign in, such as example.com.",
        )
    default_role = _value("USHER_SSO_DEFAULT_ROLE")
    if default_role and default_role not in UserRole.values:
        raise WronglySet(
            f"USHER_SSO_DEFAULT_ROLE is “{default_role}”.", f"Set it to one of: {', '.join(UserRole.values)}."
        )
    return IdentityProvider(
        slug=SLUG,
        protocol=IdentityProvider.Protocol.OIDC if issuer else IdentityProvider.Protocol.SAML,
        name=_value("USHER_SSO_NAME") or "Single sign-on",
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        extra_scopes=_value("USHER_OIDC_SCOPES"),
        metadata_url=metadata_url,
        groups_claim=_value("USHER_SSO_GROUPS_CLAIM"),
        domains=domains,
        accepts_unverified_email=_flag("USHER_SSO_ACCEPT_UNVERIFIED_EMAIL"),
        creates_users=_flag("USHER_SSO_CREATE_USERS"),
        default_role=default_role,
        role_groups={
            role: [
                group.strip()
                for group in _value(f"USHER_SSO_{role.upper()}_GROUPS").split(",")
                if group.strip()
            ]
            for role in UserRole.values
        },
    )


def _value(name: str) -> str:
    return os.environ.get(name, "").strip()


def _flag(name: str) -> bool:
    word = _value(name).lower()
    if word not in WORDS:
        raise WronglySet(f"{name} is “{word}”.", "Set it to yes or no.")
    return WORDS[word]
