"""The pages where admins manage service accounts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.models import ServiceAccount
from usher.access.roles import Action, needs, signed_in
from usher.access.scope.change import shown_scope
from usher.access.service_accounts.accounts import (
    add_service_account,
    change_service_account,
    make_service_token,
    switch_service_account,
)
from usher.access.service_accounts.forms import AddServiceAccountForm, ServiceTokenForm, TermsForm
from usher.access.service_accounts.tables import ServiceAccountsTable, listed_accounts
from usher.refusals import Refused
from usher.web.lists import configure_table


@needs(Action.USERS)
@require_GET
def service_accounts(request: HttpRequest) -> HttpResponse:
    table = ServiceAccountsTable(listed_accounts())
    configure_table(request, table)
    return render(request, "access/service_accounts.html", {"table": table})


@needs(Action.USERS, asks_early=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    form = AddServiceAccountForm(request.POST or None, viewer=signed_in(request))
    if form.is_valid():
        try:
            service = add_service_account(form.cleaned_data["name"], form.terms, actor_of(request))
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
        else:
            messages.success(request, f"The service account “{service}” is made. Create a token for it now.")
            return redirect("access:service_account", service.pk)
    return render(
        request, "access/service_account_form.html", {"form": form}, status=422 if form.is_bound else 200
    )


@needs(Action.USERS)
@require_GET
def service_account(request: HttpRequest, pk: int) -> HttpResponse:
    service = _found(pk)
    context = {
        "service": service,
        "sees": shown_scope(service.account.seen),
        "tokens": service.account.api_tokens.filter(revoked_at=None).select_related("user__service"),
        "token_form": ServiceTokenForm(auto_id="token_%s"),
    }
    return render(request, "access/service_account.html", context)


@needs(Action.USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    service = _found(pk)
    form = TermsForm(request.POST or None, service=service)
    if form.is_valid():
        try:
            change_service_account(service, form.terms, actor_of(request))
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
        else:
            messages.success(request, f"The service account “{service}” is changed.")
            return redirect("access:service_account", pk)
    return render(
        request,
        "access/service_account_form.html",
        {"form": form, "service": service},
        status=422 if form.is_bound else 200,
    )


@needs(Action.USERS)
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivates a service account, or activates it again."""
    service = _found(pk)
    on = request.POST.get("active") == "yes"
    try:
        switch_service_account(service, actor_of(request), on=on)
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.remedy}")
    else:
        now = "active again" if on else "deactivated, and its tokens are revoked"
        messages.success(request, f"The service account “{service}” is {now}.")
    return redirect("access:service_account", pk)


@needs(Action.USERS)
@never_cache
@require_POST
def make_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows the new token, this once."""
    service = _found(pk)
    form = ServiceTokenForm(request.POST, auto_id="token_%s")
    if not form.is_valid():
        messages.error(request, "Say where the token is used, and when it ends.")
        return redirect("access:service_account", pk)
    given = form.cleaned_data
    try:
        token = make_service_token(service, given["name"], actor_of(request), days=int(given["days"]))
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.remedy}")
        return redirect("access:service_account", pk)
    return render(
        request, "access/token_once.html", {"token": token, "name": given["name"], "service": service}
    )


def _found(pk: int) -> ServiceAccount:
    return get_object_or_404(ServiceAccount.objects.select_related("account", "contact"), pk=pk)
