"""Profile → Second factor."""

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.mfa import factors
from usher.access.mfa.forms import NewAppForm, PasskeyNameForm
from usher.access.mfa.own.codes_shown import are_shown, hide_codes, show_codes
from usher.access.mfa.own.new_app import forget_key, key_to_scan, new_key
from usher.access.mfa.passkey_forms import NewPasskeyForm
from usher.access.mfa.required import must_set_one_up
from usher.access.proof.fresh import require_fresh_proof
from usher.access.roles import own_account_always, signed_in
from usher.access.security.policy import policy_for
from usher.access.trail.note import place_of
from usher.access.users.accounts import CannotChange


@own_account_always
@never_cache
@require_GET
def second_factor(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    codes = factors.unused_codes(user)
    context = {
        "factors": factors.second_factors(user),
        "has_app": factors.second_factors(user).filter(type=Authenticator.Type.TOTP).exists(),
        "codes_left": None if codes is None else len(codes),
        "codes_are_few": codes is not None and len(codes) <= factors.FEW_CODES,
        "is_required": factors.is_required_of(user, policy_for(request)),
        "must_set_one_up": must_set_one_up(request, user),
    }
    return render(request, "access/second_factor.html", context)


@own_account_always
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    require_fresh_proof(request)
    user, key = signed_in(request), new_key(request)
    form = NewAppForm(request.POST or None, user=user, secret=key)
    if form.is_valid():
        try:
            has_new_codes = factors.add_app(
                user, key, form.cleaned_data["code"], actor_of(request), place_of(request)
            )
        except CannotChange as error:
            messages.error(request, str(error))
            return redirect("access:second_factor")
        forget_key(request)
        messages.success(request, "The authenticator app is set up.")
        return _added(request, has_new_codes)
    context = {"form": form, **key_to_scan(user, key)}
    return render(request, "access/second_factor_app.html", context, status=422 if form.is_bound else 200)


@own_account_always
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add_passkey(request: HttpRequest) -> HttpResponse:
    require_fresh_proof(request)
    user = signed_in(request)
    form = NewPasskeyForm(request.POST or None, user=user)
    if form.is_valid():
        given = form.cleaned_data
        try:
            has_new_codes = factors.add_passkey(
                user, given["name"], given["credential"], actor_of(request), place_of(request)
            )
        except CannotChange as error:
            messages.error(request, str(error))
            return redirect("access:second_factor")
        messages.success(request, f"The passkey “{given['name']}” is added.")
        return _added(request, has_new_codes)
    context = {"form": form, "js_data": {"creation_options": begin_registration(user, False)}}
    return render(request, "access/second_factor_passkey.html", context, status=422 if form.is_bound else 200)


def _added(request: HttpRequest, has_new_codes: bool) -> HttpResponse:
    if not has_new_codes:
        return redirect("access:second_factor")
    show_codes(request)
    return redirect("access:recovery_codes")


@own_account_always
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rename_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    require_fresh_proof(request)
    passkey = get_object_or_404(
        Authenticator, pk=pk, user=signed_in(request), type=Authenticator.Type.WEBAUTHN
    )
    form = PasskeyNameForm(request.POST or None, initial={"name": passkey.data["name"]})
    if form.is_valid():
        factors.rename_passkey(passkey, form.cleaned_data["name"], actor_of(request))
        return redirect("access:second_factor")
    context = {"form": form, "factor": passkey}
    return render(request, "access/second_factor_rename.html", context, status=422 if form.is_bound else 200)


@own_account_always
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    require_fresh_proof(request)
    user = signed_in(request)
    factor = get_object_or_404(factors.second_factors(user), pk=pk)
    if request.method == "POST":
        try:
            factors.remove_factor(user, pk, actor_of(request), place_of(request))
        except CannotChange as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "The second factor is removed.")
        return redirect("access:second_factor")
    is_last = factors.second_factors(user).count() == 1
    return render(request, "access/second_factor_remove.html", {"factor": factor, "is_last": is_last})


@own_account_always
@never_cache
@require_POST
def make_codes(request: HttpRequest) -> HttpResponse:
    require_fresh_proof(request)
    try:
        factors.make_recovery_codes(signed_in(request), actor_of(request))
    except CannotChange as error:
        messages.error(request, str(error))
        return redirect("access:second_factor")
    show_codes(request)
    return redirect("access:recovery_codes")


@own_account_always
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Shows them just after they were made. POST says that the user has them: they are not shown again."""
    if request.method == "POST" or not are_shown(request):
        hide_codes(request)
        return redirect("access:second_factor")
    return render(request, "access/recovery_codes.html", {"codes": _codes_to_read(request)})


@own_account_always
@never_cache
@require_GET
def recovery_codes_file(request: HttpRequest) -> HttpResponse:
    if not are_shown(request):
        return redirect("access:second_factor")
    lines = [f"Recovery codes for Usher, {signed_in(request).username}", "Each works once.", ""]
    text = "\r\n".join([*lines, *_codes_to_read(request), ""])
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="usher-recovery-codes.txt"'
    return response


def _codes_to_read(request: HttpRequest) -> list[str]:
    codes = factors.unused_codes(signed_in(request)) or []
    return [f"{code[: len(code) // 2]}-{code[len(code) // 2 :]}" for code in codes]
