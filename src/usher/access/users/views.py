"""The pages where admins manage users."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.models import User
from usher.access.roles import Action, UserRole, actor_of, needs, signed_in
from usher.access.settings_pages import settings_links
from usher.access.users.accounts import (
    CannotChange,
    add_user,
    change_role,
    deactivate,
    make_sign_in_link,
    reactivate,
)
from usher.access.users.forms import AddUserForm, RoleForm
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


@needs(Action.USERS)
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
    form = RoleForm(request.POST or None, initial={"role": account.role})
    if form.is_valid():
        role = UserRole(form.cleaned_data["role"])
        try:
            change_role(account, role, actor_of(request))
        except CannotChange as error:
            form.add_error("role", str(error))
        else:
            messages.success(request, f"{account.get_full_name()} now has the role {role.label.lower()}.")
            return redirect("access:user", pk)
    context = {
        "account": account,
        "form": form,
        "is_oneself": account == request.user,
        "tokens": account.api_tokens.filter(revoked_at=None),
    }
    return render(request, "access/user.html", context, status=422 if form.is_bound else 200)


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
