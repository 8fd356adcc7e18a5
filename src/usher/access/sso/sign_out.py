"""The provider's own sign-out (RP-initiated logout of OpenID Connect)."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from usher.access.sso.discovery import ProviderUnreachable, discover
from usher.access.sso.oidc import ID_TOKEN
from usher.access.sso.providers import enabled_provider


@dataclass(frozen=True)
class SignOutElsewhere:
    """Where somebody can also sign out of their provider. A link, since a form may not lead to another site."""

    name: str
    url: str


def sign_out_elsewhere(request: HttpRequest) -> SignOutElsewhere | None:
    """Call before the session ends. None where there is nothing to sign out of, or the provider does not answer."""
    records = get_authentication_records(request, request.user if request.user.is_authenticated else None)
    slug = next((each["provider"] for each in records if each["method"] == "socialaccount"), None)
    provider = enabled_provider(slug) if slug else None
    if provider is None or not provider.is_oidc:
        return None
    try:
        address = discover(provider.issuer).get("end_session_endpoint")
    except ProviderUnreachable:
        return None
    if not isinstance(address, str) or urlsplit(address).scheme not in ("https", "http"):
        return None
    asked = {
        "client_id": provider.client_id,
        "id_token_hint": request.session.get(ID_TOKEN, ""),
        "post_logout_redirect_uri": f"{settings.USHER_BASE_URL}{reverse('access:sign_in')}",
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return SignOutElsewhere(provider.name, f"{address}{'&' if '?' in address else '?'}{query}")
