"""SAML 2.0 through django-allauth and python3-saml: requests to sign in, and assertions."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from usher.access.models import IdentityProvider
from usher.access.sso.assertions import use_once
from usher.access.sso.id_tokens import AGAIN
from usher.access.sso.identity import ASKED_AGAIN_AT, NotAdmitted, VerifiedIdentity
from usher.access.sso.providers import FoundBySlug, callback_url, entity_id
from usher.access.sso.saml_metadata import idp_settings
from usher.access.sso.ties import kept, uid

EMAIL_FORMAT = OneLogin_Saml2_Constants.NAMEID_EMAIL_ADDRESS
USUAL = {
    "email": [
        "email",
        "mail",
        "urn:oid:0.9.2342.19200300.100.1.3",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        "http://schemas.xmlsoap.org/claims/EmailAddress",
    ],
    "name": [
        "name",
        "displayName",
        "urn:oid:2.16.840.1.113730.3.1.241",
        "http://schemas.microsoft.com/identity/claims/displayname",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    ],
    "groups": ["groups", "memberOf", "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"],
}
"""Attributes by which Okta, Entra, Google, Keycloak, AD FS and Shibboleth send these."""


def sp_settings(provider: IdentityProvider) -> dict[str, Any]:
    """Usher's own side, and what it demands: an assertion that is signed, for Usher, now, and for this sign-in."""
    return {
        "strict": True,
        "sp": {
            "entityId": entity_id(provider),
            "assertionConsumerService": {
                "url": callback_url(provider),
                "binding": OneLogin_Saml2_Constants.BINDING_HTTP_POST,
            },
            "NameIDFormat": OneLogin_Saml2_Constants.NAMEID_UNSPECIFIED,
        },
        "security": {
            "wantAssertionsSigned": True,
            "allowSingleLabelDomains": True,  # http://usher/ in a company's own network
            "wantNameId": True,
            "wantAttributeStatement": False,  # the address may be the NameID
            "allowRepeatAttributeName": True,
            "rejectDeprecatedAlgorithm": True,
            "requestedAuthnContext": False,  # how somebody proves who they are is for the provider to say
            "signatureAlgorithm": OneLogin_Saml2_Constants.RSA_SHA256,
            "digestAlgorithm": OneLogin_Saml2_Constants.SHA256,
        },
    }


def own_metadata(provider: IdentityProvider) -> str:
    """The XML that an identity provider imports to know Usher."""
    made = OneLogin_Saml2_Settings(settings=sp_settings(provider), sp_validation_only=True)
    xml = made.get_sp_metadata()
    return xml.decode() if isinstance(xml, bytes) else str(xml)


def saml_auth(provider: IdentityProvider, answer: str = "") -> OneLogin_Saml2_Auth:
    """Addresses come from USHER_BASE_URL, never from a header. Raises MetadataUnusable, NotAdmitted."""
    base = urlsplit(settings.USHER_BASE_URL)
    request = {
        "https": "on" if base.scheme == "https" else "off",
        "http_host": base.netloc,
        "script_name": reverse("saml_acs", args=[provider.slug]),
        "get_data": {},
        "post_data": {"SAMLResponse": answer} if answer else {},
    }
    try:
        return OneLogin_Saml2_Auth(request, sp_settings(provider) | {"idp": idp_settings(provider)})
    except OneLogin_Saml2_Error as error:
        raise NotAdmitted(
            f"The SAML settings of {provider.name} do not work: {error}", "Test them."
        ) from error


def identity_of_response(provider: IdentityProvider, answer: str) -> tuple[VerifiedIdentity, str | None]:
    """Who somebody is, and the ID of the request that this answers. Raises NotAdmitted, MetadataUnusable.

    python3-saml checks signature, issuer, audience, destination, recipient and times (with five minutes for the
    clocks), and that what was signed is what is read.
    """
    auth = saml_auth(provider, answer)
    try:
        auth.process_response(request_id=None)  # which request it answers is for the session to say
        why = auth.get_last_error_reason() if auth.get_errors() else ""
    except Exception as error:  # what a stranger posts: python3-saml, lxml and xmlsec raise what they like
        why = str(error) or type(error).__name__
    if why or auth.get_errors() or not auth.is_authenticated():
        raise NotAdmitted(f"The answer of {provider.name} is not valid: {why or 'no sign-in'}", AGAIN)
    identity = _identity(provider, auth)
    use_once(identity.issuer, auth.get_last_assertion_id(), auth.get_last_assertion_not_on_or_after())
    return identity, auth.get_last_response_in_response_to()


def _identity(provider: IdentityProvider, auth: OneLogin_Saml2_Auth) -> VerifiedIdentity:
    attributes: dict[str, list[str]] = auth.get_attributes()

    def read(kind: str, chosen: str) -> list[str]:
        names = [chosen] if chosen else USUAL.get(kind, [])
        return next((attributes[name] for name in names if attributes.get(name)), [])

    name_id, name_id_format = auth.get_nameid() or "", auth.get_nameid_format()
    subject = next(iter(read("subject", provider.subject_claim)), "") if provider.subject_claim else name_id
    if not provider.subject_claim and name_id_format == OneLogin_Saml2_Constants.NAMEID_TRANSIENT:
        raise NotAdmitted(
            f"{provider.name} gives you another name with every sign-in (NameID “transient”).",
            "An admin can set the NameID to “persistent” there, or name an attribute for the subject in Usher.",
        )
    email = next(iter(read("email", provider.email_claim)), "")
    if not email and not provider.email_claim and (name_id_format == EMAIL_FORMAT or "@" in name_id):
        email = name_id
    return VerifiedIdentity(
        issuer=str(auth.get_settings().get_idp_data()["entityId"]),
        subject=subject,
        email=email.strip().lower(),
        is_email_verified=True,  # the company's own directory says it; SAML has no word for it
        name=next(iter(read("name", provider.name_claim)), "").strip(),
        groups=frozenset(read("groups", provider.groups_claim)),
        signed_in_at=_signed_in_at(auth),
    )


def _signed_in_at(auth: OneLogin_Saml2_Auth) -> float | None:
    """The `AuthnInstant` of the signed assertion. Whatever else is in the answer may have been put there by anybody."""
    answer = OneLogin_Saml2_XML.to_etree(auth.get_last_response_xml())
    where = "//saml:Assertion[@ID=$tagid]/saml:AuthnStatement/@AuthnInstant"
    said = OneLogin_Saml2_XML.query(answer, where, tagid=auth.get_last_assertion_id())
    if not said:
        return None
    try:
        moment = datetime.fromisoformat(str(said[0]))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class SamlProvider(FoundBySlug, SAMLProvider):
    """allauth's provider, given a `VerifiedIdentity` instead of an answer."""

    def redirect(self, request: HttpRequest, process: str, **kwargs: object) -> HttpResponse:
        auth = saml_auth(self.app.identity_provider)
        again = kwargs.get(ASKED_AGAIN_AT)
        address = auth.login(return_to="", force_authn=again is not None)
        self.stash_redirect_state(
            request,
            AuthProcess.LOGIN,
            get_next_redirect_url(request),
            state_id=auth.get_last_request_id(),
            **{ASKED_AGAIN_AT: again},
        )
        return HttpResponseRedirect(address)

    def extract_uid(self, data: VerifiedIdentity) -> str:
        return uid(data)

    def extract_extra_data(self, data: VerifiedIdentity) -> dict[str, str]:
        return kept(data)

    def extract_common_fields(self, data: VerifiedIdentity) -> dict[str, str]:
        return {"email": data.email, "username": data.email, "name": data.name}

    def sociallogin_from_response(self, request: HttpRequest, response: VerifiedIdentity) -> SocialLogin:
        login = super().sociallogin_from_response(request, response)
        login.identity = response
        return login
