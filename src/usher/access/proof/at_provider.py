"""An identity provider makes somebody sign in again, as a proof of who they are.

A provider that remembers a browser sends people back without a question. That is no proof, so it is asked for a new
sign-in (OpenID Connect: `prompt=login`; SAML: `ForceAuthn`), and what it says about the time of it is checked.
"""

import time
from urllib.parse import urlencode

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from usher.access.models import IdentityProvider, User
from usher.access.proof.fresh import CLOCK_MAY_DIFFER_SECONDS, record_proof
from usher.access.sso.admission import admit
from usher.access.sso.identity import ASKED_AGAIN_AT, NotAdmitted, VerifiedIdentity
from usher.access.sso.providers import SignInButton, tied_providers
from usher.access.sso.ties import tied_user


def proof_buttons(user: User, next_page: str) -> list[SignInButton]:
    """The providers that know this user."""
    query = urlencode({"next": next_page})
    return [
        SignInButton(each.name, f"{reverse('access:prove_elsewhere', args=[each.slug])}?{query}")
        for each in tied_providers(user)
    ]


def send_to_prove(request: HttpRequest, slug: str) -> HttpResponse:
    """To the provider, and back to `next`. Raises SocialApp.DoesNotExist, NotAdmitted."""
    provider = get_adapter(request).get_provider(request, slug)
    answer: HttpResponse = provider.redirect(
        request,
        AuthProcess.LOGIN,
        next_url=get_next_redirect_url(request),
        **{ASKED_AGAIN_AT: time.time()},
    )
    return answer


def accept_proof(
    request: HttpRequest, provider: IdentityProvider, identity: VerifiedIdentity, asked_at: float
) -> None:
    """Whoever is signed in has just signed in at the provider. Their groups count anew. Raises NotAdmitted."""
    if not request.user.is_authenticated:
        raise NotAdmitted("Your session in Usher has ended meanwhile.", "Sign in again.")
    if tied_user(provider, identity) != request.user:
        raise NotAdmitted(
            f"You signed in at {provider.name} as somebody else ({identity.email or identity.subject}).",
            f"Sign out there, then confirm as {request.user.get_username()}.",
        )
    if identity.signed_in_at is None or identity.signed_in_at < asked_at - CLOCK_MAY_DIFFER_SECONDS:
        raise NotAdmitted(
            f"{provider.name} did not say that you have just signed in there, so this is no proof.",
            "Add an authenticator app or a passkey to your profile and confirm with that. An admin can have the "
            "provider send the time of the sign-in (OpenID Connect: auth_time).",
        )
    admit(provider, identity)
    record_proof(request)
