"""OpenID Connect through django-allauth, with a nonce, a signature that is always checked, and our own address."""

import secrets
from typing import Any

import requests
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse

from usher.access.sso.discovery import discover
from usher.access.sso.id_tokens import AGAIN, claims_of
from usher.access.sso.identity import ASKED_AGAIN_AT, NotAdmitted, VerifiedIdentity, identity_from_claims
from usher.access.sso.providers import FoundBySlug, callback_url
from usher.access.sso.ties import kept, uid

ID_TOKEN = "sso-id-token"  # noqa: S105  # key of the session: the provider's sign-out asks for it


class OidcAdapter(OpenIDConnectOAuth2Adapter):
    """Speaks with one provider, for one request."""

    expected_nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        return discover(self.get_provider().app.identity_provider.issuer)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return callback_url(app.identity_provider)

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: dict[str, object]
    ) -> SocialLogin:
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise NotAdmitted("The provider sent no ID token.", "Check that it speaks OpenID Connect.")
        provider = app.identity_provider
        claims = claims_of(id_token, provider, self.expected_nonce)
        claims = self._userinfo(token.token, claims["sub"]) | claims  # what is signed counts
        request.session[ID_TOKEN] = id_token
        identity = identity_from_claims(provider, claims["iss"], claims)
        return self.get_provider().sociallogin_from_response(request, identity)

    def _userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """More claims; many providers put addresses and groups only here. Empty where there is no such endpoint."""
        url = self.openid_config.get("userinfo_endpoint")
        if not url:
            return {}
        with get_adapter().get_requests_session() as session:
            answer = session.get(
                url, headers={"Authorization": f"Bearer {access_token}"}, allow_redirects=False
            )
        answer.raise_for_status()
        try:
            found = answer.json()
        except requests.exceptions.JSONDecodeError as error:  # signed userinfo
            raise NotAdmitted(
                "The provider's userinfo is no JSON.", "Turn off signed userinfo there."
            ) from error
        if not isinstance(found, dict) or found.get("sub") != subject:
            raise NotAdmitted("The provider's userinfo is about somebody else.", AGAIN)
        return found


class OidcProvider(FoundBySlug, OpenIDConnectProvider):
    """allauth's provider, given a `VerifiedIdentity` instead of raw claims."""

    oauth2_adapter_class = OidcAdapter

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """allauth would also take scopes and any parameter from the query."""
        return {"next_url": get_next_redirect_url(request), "process": AuthProcess.LOGIN}

    def redirect(self, request: HttpRequest, process: str, **kwargs: object) -> HttpResponse:
        nonce = secrets.token_urlsafe(32)
        asked = {"nonce": nonce}
        if kwargs.get(ASKED_AGAIN_AT) is not None:
            # With `max_age`, `auth_time` has to be in the answer.
            asked |= {"prompt": "login", "max_age": "0"}
        return super().redirect(request, process, auth_params=asked, nonce=nonce, **kwargs)

    def extract_uid(self, data: VerifiedIdentity) -> str:
        return uid(data)

    def extract_extra_data(self, data: VerifiedIdentity) -> dict[str, str]:
        return kept(data)

    def extract_common_fields(self, data: VerifiedIdentity) -> dict[str, str]:
        return {"email": data.email, "username": data.email, "name": data.name}

    def extract_email_addresses(self, data: VerifiedIdentity) -> list[Any]:
        return []

    def sociallogin_from_response(self, request: HttpRequest, response: VerifiedIdentity) -> SocialLogin:
        login = super().sociallogin_from_response(request, response)
        login.identity = response
        return login


class Return(OAuth2CallbackView):
    """Where the provider sends them back."""

    adapter: OidcAdapter

    def _get_state(self, request: HttpRequest, provider: OidcProvider) -> tuple[Any, Any]:
        state, response = super()._get_state(request, provider)
        self.adapter.expected_nonce = (state or {}).get("nonce", "")
        return state, response
