"""The metadata of a SAML identity provider: its address, its name and the certificates that it signs with."""

import hashlib
from typing import Any

import requests
from allauth.socialaccount.adapter import get_adapter
from django.core.cache import cache
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

from usher.access.models import IdentityProvider
from usher.refusals import Refused

KEPT_SECONDS = 300
LONGEST = 2_000_000  # characters; federations publish far longer ones, of all their members


class MetadataUnusable(Refused):
    """The metadata cannot be had, or are not those of one identity provider."""


def idp_settings(provider: IdentityProvider, *, fresh: bool = False) -> dict[str, Any]:
    """The identity provider as python3-saml wants it. Raises MetadataUnusable."""
    return parsed(metadata_of(provider, fresh=fresh))


def metadata_of(provider: IdentityProvider, *, fresh: bool = False) -> str:
    """From its address, kept for a while, so that a new certificate is known soon; or as pasted."""
    if not provider.metadata_url:
        return provider.metadata_xml
    key = f"sso:metadata:{hashlib.sha256(provider.metadata_url.encode()).hexdigest()}"
    known = None if fresh else cache.get(key)
    if known is None:
        known = _fetched(provider.metadata_url)
        cache.set(key, known, KEPT_SECONDS)
    return str(known)


def parsed(xml: str) -> dict[str, Any]:
    """Raises MetadataUnusable."""
    try:
        found = OneLogin_Saml2_IdPMetadataParser.parse(xml.encode()).get("idp", {})
    except Exception as error:  # the parser raises what lxml does, and its own, which share no base
        raise MetadataUnusable(f"The metadata cannot be read: {error}", "Copy the whole XML.") from error
    missing = [
        name
        for name, value in [
            ("entityID", found.get("entityId")),
            ("address for HTTP-Redirect", found.get("singleSignOnService", {}).get("url")),
            ("certificate", found.get("x509cert") or found.get("x509certMulti")),
        ]
        if not value
    ]
    if missing:
        raise MetadataUnusable(
            f"The metadata have no {', no '.join(missing)}.",
            "Take the metadata of the identity provider, not Usher's.",
        )
    return dict(found)


def _fetched(url: str) -> str:
    try:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, allow_redirects=False)
    except (requests.RequestException, ValueError) as error:
        raise MetadataUnusable(
            f"{url} does not answer ({type(error).__name__}).",
            "Check the address, and that the machine that runs Usher can reach it.",
        ) from error
    if answer.status_code != 200 or len(answer.text) > LONGEST:
        raise MetadataUnusable(f"{url} answers {answer.status_code}.", "Check the address of the metadata.")
    return str(answer.text)
