"""The page that asks users to prove again who they are, and the one that goes on with what they were doing."""

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from usher.access.proof.asking import ask_for_proof, own_path
from usher.access.proof.at_provider import proof_buttons
from usher.access.proof.forms import forms_to_prove
from usher.access.proof.fresh import has_fresh_proof
from usher.access.proof.held import drop_form, held_form
from usher.access.proof.ways import Way, ways_to_prove
from usher.access.roles import own_account_always, signed_in
from usher.access.throttle.attempts import succeeded


@own_account_always
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """Asks for the password or the second factor. `next` is the page to go on with."""
    user = signed_in(request)
    next_page = own_path(request, request.POST.get("next") or request.GET.get("next") or "")
    again = request.POST.get("again") or request.GET.get("again")
    ways = ways_to_prove(user)
    forms = forms_to_prove(ways, user, request.POST if request.method == "POST" else None)
    sent = next((form for form in forms.values() if form.is_bound), None)
    if sent is not None and not ratelimit.consume(request, action="reauthenticate", user=user):
        sent.add_error(None, "Too many attempts. Wait a minute, then try again.")
    elif sent is not None and sent.is_valid():
        if sent is forms.get(Way.PASSWORD):
            succeeded(request)
            reauthenticate_by_password(request)
        else:
            sent.save()
        if again:
            messages.info(request, "Confirmed. Nothing was changed yet: now do it again.")
        return redirect(next_page)
    context: dict[str, object] = {"forms": forms, "ways": ways, "next": next_page, "again": again}
    if Way.PROVIDER in ways:
        context["providers"] = proof_buttons(user, next_page)
    if Way.PASSKEY in ways:
        context["js_data"] = {"request_options": begin_authentication(user)}
    return render(request, "access/prove.html", context, status=422 if sent is not None else 200)


@own_account_always
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def go_on(request: HttpRequest) -> HttpResponse:
    """Shows the form that was held, to send it again with one click. POST discards it."""
    form = held_form(request)
    if request.method == "POST" or form is None:
        drop_form(request)
        return redirect(form.page if form else "/")
    if not has_fresh_proof(request):
        return ask_for_proof(request)
    return render(request, "access/prove_continue.html", {"held": form})
