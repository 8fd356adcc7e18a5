"""The identity provider that is set by environment variables (docs/sign-in.md)."""

import os

from usher.access.models import IdentityProvider
from usher.access.sso.variables import WronglySet, read_sso_variables

SLUG = "environment"


def provider_of_environment() -> IdentityProvider | None:
    """Never stored. None where no variable names one. Raises WronglySet."""
    read = read_sso_variables(os.environ)
    if read is None:
        return None
    return IdentityProvider(
        slug=SLUG,
        protocol=IdentityProvider.Protocol.OIDC if read.issuer else IdentityProvider.Protocol.SAML,
        name=read.name,
        issuer=read.issuer,
        client_id=read.client_id,
        client_secret=read.client_secret,
        extra_scopes=read.scopes,
        metadata_url=read.metadata_url,
        groups_claim=read.groups_claim,
        domains=read.domains,
        accepts_unverified_email=read.accepts_unverified_email,
        creates_users=read.creates_users,
        default_role=read.default_role,
        role_groups=read.role_groups,
    )


__all__ = ["SLUG", "WronglySet", "provider_of_environment"]
