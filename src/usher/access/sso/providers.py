"""Which identity providers there are: those of the settings page, and the one of the environment."""

import logging
from dataclasses import dataclass
from urllib.parse import urlencode

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from usher.access.models import IdentityProvider, User
from usher.access.sso.environment import WronglySet, provider_of_environment
from usher.access.sso.identity import NotAdmitted
from usher.platform.encryption import SecretUnreadable

log = logging.getLogger(__name__)

ALLAUTH = {IdentityProvider.Protocol.OIDC: "openid_connect", IdentityProvider.Protocol.SAML: "saml"}
"""allauth's names of the protocols."""


def enabled_providers() -> list[IdentityProvider]:
    """Those that people can sign in with, as the sign-in page shows them."""
    try:
        from_environment = provider_of_environment()
    except WronglySet as error:  # people still sign in otherwise; Settings → Single sign-on says it
        log.error("Single sign-on is not set up: %s %s", error.message, error.remedy)
        from_environment = None
    stored = stored_providers().filter(is_enabled=True)
    return [*([from_environment] if from_environment else []), *stored]


def stored_providers() -> QuerySet[IdentityProvider]:
    """Without their secrets, which are read when needed: a lost key must not break the sign-in page."""
    return IdentityProvider.objects.defer("client_secret")


def client_secret_of(provider: IdentityProvider) -> str:
    """Raises NotAdmitted when the key that encrypted it is missing."""
    try:
        return provider.client_secret
    except SecretUnreadable as error:
        raise NotAdmitted(
            f"Usher cannot read its client secret for {provider.name}.",
            "An admin can enter it again under Settings → Single sign-on, or put back the key that encrypted it.",
        ) from error


def enabled_provider(slug: str) -> IdentityProvider | None:
    return next((provider for provider in enabled_providers() if provider.slug == slug), None)


def tied_providers(user: User) -> list[IdentityProvider]:
    """Those that know this user."""
    tied = set(SocialAccount.objects.filter(user=user).values_list("provider", flat=True))
    return [provider for provider in enabled_providers() if provider.slug in tied] if tied else []


def app_of(provider: IdentityProvider) -> SocialApp:
    """The provider as allauth wants it. Never saved: allauth stores secrets as they are."""
    app = SocialApp(
        provider=ALLAUTH[IdentityProvider.Protocol(provider.protocol)],
        provider_id=provider.slug,
        name=provider.name,
        client_id=provider.client_id if provider.is_oidc else provider.slug,
        secret=client_secret_of(provider),
        settings={
            "server_url": provider.issuer.rstrip("/"),
            "oauth_pkce_enabled": True,
            "scope": ["openid", "profile", "email", *provider.extra_scopes.split()],
        }
        if provider.is_oidc
        else {},
    )
    app.identity_provider = provider
    return app


class FoundBySlug:
    """A provider of allauth that it finds again by its slug when a sign-in goes on after the second factor."""

    app: SocialApp

    def serialize(self) -> dict[str, str]:
        """What the session holds meanwhile. allauth would write the protocol, which several providers share."""
        return {"id": self.app.provider_id}


@dataclass(frozen=True)
class SignInButton:
    """One provider on the sign-in page."""

    name: str
    url: str


def sign_in_buttons(request: HttpRequest) -> list[SignInButton]:
    """With the page that was asked for, if it is one of Usher's."""
    back = get_next_redirect_url(request)
    query = f"?{urlencode({'next': back})}" if back else ""
    return [SignInButton(each.name, sign_in_url(each) + query) for each in enabled_providers()]


def sign_in_url(provider: IdentityProvider) -> str:
    name = "openid_connect_login" if provider.is_oidc else "saml_login"
    return reverse(name, args=[provider.slug])


def callback_url(provider: IdentityProvider) -> str:
    """The redirect URI of OpenID Connect, or the assertion consumer service of SAML."""
    name = "openid_connect_callback" if provider.is_oidc else "saml_acs"
    return f"{settings.USHER_BASE_URL}{reverse(name, args=[provider.slug])}"


def entity_id(provider: IdentityProvider) -> str:
    """Usher's name in SAML, which is also the address of its metadata."""
    return f"{settings.USHER_BASE_URL}{reverse('saml_metadata', args=[provider.slug])}"
