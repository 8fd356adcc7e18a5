"""The pages where admins manage users."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.jobs import send_mails_soon
from usher.access.mfa.factors import second_factors
from usher.access.models import User
from usher.access.proof.fresh import require_fresh_proof
from usher.access.roles import Action, UserRole, needs, own_account, signed_in
from usher.access.scope.change import shown_scope
from usher.access.settings_pages import settings_links
from usher.access.sso.ties import ties_of
from usher.access.throttle.attempts import wrong_token
from usher.access.trail.kinds import Seen
from usher.access.trail.note import note
from usher.access.users.accounts import (
    CannotChange,
    add_user,
    change_role,
    deactivate,
    make_sign_in_link,
    reactivate,
)
from usher.access.users.address_changes import (
    change_address,
    confirm_address_change,
    find_address_change,
    request_address_change,
)
from usher.access.users.forms import AddressForm, AddUserForm, RoleForm
from usher.access.users.tables import UsersTable
from usher.web.lists import configure_table


@needs(Action.READ)
@require_GET
def settings_index(request: HttpRequest) -> HttpResponse:
    """The pages of settings, and who may open each."""
    return render(request, "access/settings.html", {"links": settings_links(signed_in(request))})


@needs(Action.USERS)
@require_GET
def users(request: HttpRequest) -> HttpResponse:
    table = UsersTable(User.objects.all())
    configure_table(request, table)
    return render(request, "access/users.html", {"table": table})


@needs(Action.USERS, asks_early=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Shows the link that lets the new user in, this once."""
    form = AddUserForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            account = add_user(given["email"], UserRole(given["role"]), actor_of(request), given["name"])
            return _link_once(request, account, is_new=True)
        except CannotChange as error:
            form.add_error("email", str(error))
    return render(request, "access/user_add.html", {"form": form}, status=422 if form.is_bound else 200)


@needs(Action.USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """One user. POST changes their role."""
    account = get_object_or_404(User, pk=pk)
    form = RoleForm(
        request.POST or None,
        initial={"role": account.role},
        tokens=_count_tokens(account),
        seen_as=account.username,
    )
    if form.is_valid():
        role = UserRole(form.cleaned_data["role"])
        ends_tokens = form.cleaned_data.get("end_api_tokens", False)
        try:
            change_role(account, role, actor_of(request), end_api_tokens=ends_tokens)
        except CannotChange as error:
            form.add_error("role", str(error))
        else:
            messages.success(request, f"{account.get_full_name()} now has the role {role.label.lower()}.")
            return redirect("access:user", pk)
    return _user_page(request, account, role_form=form)


@needs(Action.USERS)
@require_POST
def address(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives an account another e-mail address. An admin vouches for it."""
    account = get_object_or_404(User, pk=pk)
    form = AddressForm(request.POST, auto_id="address_%s", tokens=_count_tokens(account))
    if form.is_valid():
        new = form.cleaned_data["email"]
        ends_tokens = form.cleaned_data.get("end_api_tokens", False)
        try:
            change_address(account, new, actor_of(request), end_api_tokens=ends_tokens)
        except CannotChange as error:
            form.add_error("email", str(error))
        else:
            account.refresh_from_db()
            if account.pk == signed_in(request).pk:
                update_session_auth_hash(request, account)  # this session continues
            messages.success(request, f"{account.get_full_name()} now signs in as {account.username}.")
            return redirect("access:user", pk)
    return _user_page(request, account, address_form=form)


def _user_page(
    request: HttpRequest,
    account: User,
    *,
    role_form: RoleForm | None = None,
    address_form: AddressForm | None = None,
) -> HttpResponse:
    tokens = account.api_tokens.filter(revoked_at=None)
    count = len(tokens)
    is_refused = any(form is not None and form.is_bound for form in (role_form, address_form))
    context = {
        "account": account,
        "sees": shown_scope(account.seen),
        "form": role_form or RoleForm(initial={"role": account.role}, tokens=count, seen_as=account.username),
        "address_form": address_form or AddressForm(auto_id="address_%s", tokens=count),
        "is_oneself": account == request.user,
        "second_factors": second_factors(account),
        "tokens": tokens,
        "ties": ties_of(account),
    }
    return render(request, "access/user.html", context, status=422 if is_refused else 200)


def _count_tokens(account: User) -> int:
    return account.api_tokens.filter(revoked_at=None).count()


@needs(Action.USERS)
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivates an account, or activates it again."""
    account = get_object_or_404(User, pk=pk)
    on = request.POST.get("active") == "yes"
    try:
        (reactivate if on else deactivate)(account, actor_of(request))
    except CannotChange as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{account.get_full_name()} is {'active again' if on else 'deactivated'}.")
    return redirect("access:user", pk)


@needs(Action.USERS)
@never_cache
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows a new link that signs in once, this once."""
    account = get_object_or_404(User, pk=pk)
    try:
        return _link_once(request, account, is_new=False)
    except CannotChange as error:
        messages.error(request, str(error))
        return redirect("access:user", pk)


def _link_once(request: HttpRequest, account: User, *, is_new: bool) -> HttpResponse:
    token = make_sign_in_link(account, actor_of(request))
    address = f"{settings.USHER_BASE_URL}{reverse('access:welcome', args=[token])}"
    return render(request, "access/link_once.html", {"account": account, "link": address, "is_new": is_new})


@own_account
@require_POST
def ask_for_address(request: HttpRequest) -> HttpResponse:
    """Has a link sent to the new address of one's own account."""
    require_fresh_proof(request)
    account = signed_in(request)
    form = AddressForm(request.POST, auto_id="address_%s", tokens=_count_tokens(account))
    if not form.is_valid():
        messages.error(request, "Enter an e-mail address.")
        return redirect("access:profile")
    try:
        change = request_address_change(
            account,
            form.cleaned_data["email"],
            end_api_tokens=form.cleaned_data.get("end_api_tokens", False),
        )
    except CannotChange as error:
        messages.error(request, str(error))
    else:
        send_mails_soon()
        note(request, Seen.ADDRESS_ASKED, change.new_address)
        messages.success(
            request, f"A link is on its way to {change.new_address}. Open it here within an hour."
        )
    return redirect("access:profile")


@own_account
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail to the new address. Only POST uses it up, because mail scanners follow links."""
    account = signed_in(request)
    change = find_address_change(token, account)
    if change is None:
        wrong_token(request, "link to confirm an address", Seen.LINK_REFUSED)
        return render(request, "access/address_expired.html", status=410)
    if request.method != "POST":
        return render(request, "access/address_confirm.html", {"change": change})
    try:
        confirm_address_change(change, actor_of(request))
    except CannotChange as error:
        messages.error(request, str(error))
    else:
        account.refresh_from_db()
        update_session_auth_hash(request, account)  # this session continues, all others end
        messages.success(request, f"You now sign in as {account.username}. Other devices are signed out.")
    return redirect("access:profile")
