"""The pages where admins set up single sign-on."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.models import IdentityProvider, User
from usher.access.roles import Action, needs
from usher.access.sso import policy
from usher.access.sso.environment import SLUG as OF_ENVIRONMENT
from usher.access.sso.environment import WronglySet, provider_of_environment
from usher.access.sso.policy import PolicyRefused
from usher.access.sso.providers import callback_url, enabled_providers, entity_id, stored_providers
from usher.access.sso.settings.changes import StillNeeded, add_provider, change_provider, delete_provider
from usher.access.sso.settings.forms import OidcForm, PolicyForm, ProviderForm, SamlForm
from usher.access.sso.settings.provider_check import check_provider
from usher.access.sso.ties import last_sign_in_of_an_admin, untie

FORMS: dict[str, type[ProviderForm]] = {"oidc": OidcForm, "saml": SamlForm}


@needs(Action.SETTINGS)
@require_GET
def providers(request: HttpRequest) -> HttpResponse:
    wrongly_set = from_environment = None
    try:
        from_environment = provider_of_environment()
    except WronglySet as error:
        wrongly_set = error
    context = {
        "stored": stored_providers(),
        "from_environment": from_environment,
        "wrongly_set": wrongly_set,
        "policy": policy.policy(),
        "policy_form": PolicyForm(),
        "last_sign_in": last_sign_in_of_an_admin(enabled_providers()),
    }
    return render(request, "access/sso.html", context)


@needs(Action.SETTINGS, asks_early=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, protocol: str) -> HttpResponse:
    if protocol not in FORMS:
        raise Http404
    instance = IdentityProvider(protocol=protocol)
    form = FORMS[protocol](request.POST or None, instance=instance)
    if form.is_valid():
        form.instance.client_secret = form.cleaned_data.get("client_secret", "")
        add_provider(form.instance, actor_of(request))
        messages.success(
            request, f"{form.instance.name} is added. Register Usher there, then test the connection."
        )
        return redirect("access:sso_provider", form.instance.slug)
    return _form_page(request, form)


@needs(Action.SETTINGS, asks_early=True)
@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: HttpRequest, slug: str) -> HttpResponse:
    stored = get_object_or_404(stored_providers(), slug=slug)
    form = FORMS[stored.protocol](request.POST or None, instance=stored)
    if form.is_valid():
        try:
            change_provider(form.instance, actor_of(request), form.cleaned_data.get("client_secret", ""))
        except StillNeeded as refusal:
            form.add_error("is_enabled", f"{refusal.message} {refusal.remedy}")
        else:
            messages.success(request, f"{stored.name} is saved.")
            return redirect("access:sso_provider", slug)
    return _form_page(request, form)


@needs(Action.SETTINGS)
@never_cache
@require_POST
def test(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks the provider, within seconds, and shows what works."""
    found = _stored_or_of_environment(slug)
    return render(request, "access/sso_test.html", {"provider": found, "checks": check_provider(found)})


@needs(Action.SETTINGS)
@require_POST
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    stored = get_object_or_404(stored_providers(), slug=slug)
    try:
        delete_provider(stored, actor_of(request))
    except StillNeeded as refusal:
        messages.error(request, f"{refusal.message} {refusal.remedy}")
        return redirect("access:sso_provider", slug)
    messages.success(request, f"{stored.name} is deleted. Accounts of people are kept.")
    return redirect("access:sso")


@needs(Action.SETTINGS)
@require_POST
def policy_page(request: HttpRequest) -> HttpResponse:
    """Requires single sign-on, or allows passwords again."""
    actor = actor_of(request)
    if request.POST.get("sso_only") != "yes":
        policy.allow_passwords(actor)
        messages.success(request, "Passwords and links sign in again.")
        return redirect("access:sso")
    form = PolicyForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose the break-glass account among the admins.")
        return redirect("access:sso")
    try:
        policy.require_sso(form.cleaned_data["break_glass"], actor)
    except PolicyRefused as refusal:
        messages.error(request, f"{refusal.message} {refusal.remedy}")
    else:
        messages.success(request, "People now sign in by single sign-on only.")
    return redirect("access:sso")


@needs(Action.USERS)
@require_POST
def untie_user(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends the tie of an account to somebody at a provider; the next sign-in ties it anew."""
    account = get_object_or_404(User, pk=pk)
    if untie(account, actor_of(request)):
        messages.success(request, f"{account.get_full_name()} is no longer tied to an identity provider.")
    return redirect("access:user", pk)


def _form_page(request: HttpRequest, form: ProviderForm) -> HttpResponse:
    found = form.instance
    context: dict[str, object] = {"form": form, "provider": found}
    if found.pk:
        context |= {
            "callback": callback_url(found),
            "entity_id": entity_id(found) if not found.is_oidc else "",
        }
    return render(request, "access/sso_provider.html", context, status=422 if form.is_bound else 200)


def _stored_or_of_environment(slug: str) -> IdentityProvider:
    if slug == OF_ENVIRONMENT:
        try:
            found = provider_of_environment()
        except WronglySet:
            found = None
        if found is None:
            raise Http404
        return found
    return get_object_or_404(stored_providers(), slug=slug)
