"""Where people begin to sign in by an identity provider, and where they come back."""

from collections.abc import Callable

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.sessions import LoginSession
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from usher.access.proof.at_provider import send_to_prove
from usher.access.roles import own_account_always
from usher.access.sso.identity import NotAdmitted
from usher.access.sso.oidc import OidcAdapter, Return
from usher.access.sso.providers import enabled_provider
from usher.access.sso.saml import SamlProvider, identity_of_response, own_metadata
from usher.access.trail.kinds import Seen
from usher.access.trail.note import note
from usher.refusals import Refused

ACS_SESSION = ("saml_acs_session", "saml-acs-session")
ANSWER = "SAMLResponse"
HELD_SECONDS = 300
View = Callable[[HttpRequest, str], HttpResponse]


def _with_refusals_shown(view: View) -> View:
    """A refusal is a page that says why and what to do, and stands in the trail."""

    @never_cache
    def guarded(request: HttpRequest, slug: str) -> HttpResponse:
        try:
            return view(request, slug)
        except SocialApp.DoesNotExist:
            raise Http404 from None
        except Refused as refusal:
            note(request, Seen.SIGN_IN_FAILED, f"{slug}: {refusal.message}")
            return render(request, "access/sso_refused.html", {"refusal": refusal, "slug": slug}, status=403)

    return guarded


def _sign_in_step(view: View) -> View:
    return login_not_required(_with_refusals_shown(view))


@require_GET
@_sign_in_step
def oidc_begin(request: HttpRequest, slug: str) -> HttpResponse:
    """By GET: this only sends somebody to their own provider, as a link on the provider's pages does."""
    return get_adapter(request).get_provider(request, _of("oidc", slug)).redirect_from_request(request)


@require_GET
@_sign_in_step
def oidc_return(request: HttpRequest, slug: str) -> HttpResponse:
    return Return.adapter_view(OidcAdapter(request, _of("oidc", slug)))(request)


@require_GET
@_sign_in_step
def saml_begin(request: HttpRequest, slug: str) -> HttpResponse:
    provider = get_adapter(request).get_provider(request, _of("saml", slug))
    return provider.redirect(request, AuthProcess.LOGIN)


@csrf_exempt
@require_POST
@_sign_in_step
def saml_acs(request: HttpRequest, slug: str) -> HttpResponse:
    """The provider's page posts the assertion here. Browsers send no session with that: it is read one step later."""
    _of("saml", slug)
    response = HttpResponseRedirect(reverse("saml_finish_acs", args=[slug]))
    held = LoginSession(request, *ACS_SESSION)
    held.store[ANSWER] = request.POST.get(ANSWER, "")
    held.store.set_expiry(HELD_SECONDS)
    held.save(response)
    return response


@require_GET
@_sign_in_step
def saml_finish(request: HttpRequest, slug: str) -> HttpResponse:
    provider: SamlProvider = get_adapter(request).get_provider(request, _of("saml", slug))
    held = LoginSession(request, *ACS_SESSION)
    answer = held.store.get(ANSWER)
    held.delete()
    if not answer:
        raise NotAdmitted("The answer of the identity provider did not arrive.", "Sign in again.")
    identity, answers = identity_of_response(provider.app.identity_provider, answer)
    login = provider.sociallogin_from_response(request, identity)
    if answers:
        try:
            login.state = provider.unstash_redirect_state(request, answers)
        except PermissionDenied:
            raise NotAdmitted(
                "This sign-in did not begin in this browser, or too long ago.", "Sign in again."
            ) from None
    elif provider.app.identity_provider.allows_idp_initiated:
        login.state = {"process": AuthProcess.LOGIN}
    else:
        raise NotAdmitted(
            "This sign-in began at the identity provider, which is not allowed.",
            "Begin on Usher's sign-in page.",
        )
    return complete_social_login(request, login)


@require_GET
@_sign_in_step
def saml_metadata(request: HttpRequest, slug: str) -> HttpResponse:
    """For the identity provider. Holds nothing secret."""
    _of("saml", slug)
    provider = enabled_provider(slug)
    assert provider
    return HttpResponse(own_metadata(provider), content_type="application/samlmetadata+xml")


@own_account_always
@require_GET
@_with_refusals_shown
def prove(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is signed in proves again who they are, at their provider. By GET, as the beginning of a sign-in."""
    return send_to_prove(request, slug)


def _of(protocol: str, slug: str) -> str:
    """The slug, if it is of a provider of this protocol. Raises SocialApp.DoesNotExist."""
    found = enabled_provider(slug)
    if found is None or found.protocol != protocol:
        raise SocialApp.DoesNotExist
    return slug
