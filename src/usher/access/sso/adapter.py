"""What django-allauth asks about identity providers and the people whom they send."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import Provider
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.db.models import Model
from django.http import HttpRequest
from django.shortcuts import redirect

from usher.access.models import User
from usher.access.proof.at_provider import accept_proof
from usher.access.sso.admission import admit
from usher.access.sso.id_tokens import AGAIN
from usher.access.sso.identity import ASKED_AGAIN_AT, SIGNED_IN_AT, NotAdmitted
from usher.access.sso.oidc import OidcProvider
from usher.access.sso.providers import app_of, enabled_provider, enabled_providers
from usher.access.sso.saml import SamlProvider
from usher.access.sso.ties import kept

PROVIDERS = {"openid_connect": OidcProvider, "saml": SamlProvider}
SECONDS = 10


class NoSuchProvider(SocialApp.DoesNotExist, ValueError):
    """No provider of this slug, or it was switched off. allauth drops a sign-in that waits, on a ValueError."""


class SocialAdapter(DefaultSocialAccountAdapter):
    """Named in settings.SOCIALACCOUNT_ADAPTER."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Those of Usher's settings page and of the environment; allauth's table is not used."""
        return [app_of(each) for each in enabled_providers() if provider in (None, each.slug)]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        """`provider` is a slug. Raises NoSuchProvider."""
        found = enabled_provider(provider)
        if found is None:
            raise NoSuchProvider
        app = app_of(found)
        return PROVIDERS[app.provider](request, app=app)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Decides whose account it is, before allauth would. Raises NotAdmitted."""
        identity = sociallogin.identity
        provider = sociallogin.provider.app.identity_provider
        if (asked_at := sociallogin.state.get(ASKED_AGAIN_AT)) is not None:
            accept_proof(request, provider, identity, asked_at)
            raise ImmediateHttpResponse(redirect(sociallogin.state.get("next") or "/"))
        user = admit(provider, identity)
        sociallogin.state[SIGNED_IN_AT] = identity.signed_in_at
        sociallogin.user = user
        sociallogin.account.user = user
        sociallogin.account.extra_data = kept(identity)
        sociallogin.token = None  # was needed for userinfo only

    def serialize_instance(self, instance: Model) -> dict[str, Any]:
        """For the session in which a sign-in waits. Of a user, allauth would also write the hash of the password."""
        if isinstance(instance, User):
            return {"id": instance.pk}
        found: dict[str, Any] = super().serialize_instance(instance)
        return found

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """allauth makes nobody: `admit` did, or refused."""
        return False

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """allauth would show a page of its own."""
        raise _refusal(request, provider, error, exception, extra_context or {})


def _refusal(
    request: HttpRequest,
    provider: Provider,
    error: str | None,
    exception: Exception | None,
    context: dict[str, Any],
) -> Exception:
    if isinstance(exception, ImmediateHttpResponse):
        return exception
    if isinstance(exception, OAuth2Error):
        return NotAdmitted(
            f"{provider.name} did not take Usher's client ID and secret, or the code of this sign-in.",
            "Sign in again. If it happens again, an admin can test the connection under Settings → Single sign-on.",
        )
    if exception is not None:
        return NotAdmitted(
            f"{provider.name} did not answer ({type(exception).__name__}).",
            "Wait a moment, then sign in again.",
        )
    if error == AuthError.CANCELLED:
        return NotAdmitted(f"You did not sign in at {provider.name}.", "Sign in again when you like.")
    if "state_id" in context:
        return NotAdmitted("This sign-in did not begin in this browser, or too long ago.", "Sign in again.")
    said = " ".join(filter(None, (request.GET.get("error"), request.GET.get("error_description"))))[:300]
    return NotAdmitted(f"{provider.name} refused the sign-in{f': {said}' if said else '.'}", AGAIN)
