"""The pages on which admins manage who uses Usher."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.forms import AddPersonForm, RoleForm
from usher.access.models import User
from usher.access.people import (
    CannotChange,
    add_person,
    change_role,
    deactivate,
    make_sign_in_link,
    reactivate,
)
from usher.access.places import places_for
from usher.access.roles import Action, UserRole, actor_of, needs, signed_in
from usher.access.tables import UsersTable
from usher.web.lists import configure_table


@needs(Action.READ)
@require_GET
def settings_index(request: HttpRequest) -> HttpResponse:
    """What can be set, and who may."""
    return render(request, "access/settings.html", {"places": places_for(signed_in(request))})


@needs(Action.PEOPLE)
@require_GET
def users(request: HttpRequest) -> HttpResponse:
    table = UsersTable(User.objects.all())
    configure_table(request, table)
    return render(request, "access/users.html", {"table": table})


@needs(Action.PEOPLE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Answers with the link that lets the new person in, which is shown this once."""
    form = AddPersonForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            person = add_person(given["email"], UserRole(given["role"]), actor_of(request), given["name"])
            return _link_once(request, person, is_new=True)
        except CannotChange as error:
            form.add_error("email", str(error))
    return render(request, "access/user_add.html", {"form": form}, status=422 if form.is_bound else 200)


@needs(Action.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """One person of Usher; a POST changes their role."""
    person = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST or None, initial={"role": person.role})
    if form.is_valid():
        role = UserRole(form.cleaned_data["role"])
        try:
            change_role(person, role, actor_of(request))
        except CannotChange as error:
            form.add_error("role", str(error))
        else:
            messages.success(request, f"{person.get_full_name()} is {role.label.lower()} now.")
            return redirect("access:user", pk)
    context = {
        "person": person,
        "form": form,
        "is_oneself": person == request.user,
        "tokens": person.api_tokens.filter(revoked_at=None),
    }
    return render(request, "access/user.html", context, status=422 if form.is_bound else 200)


@needs(Action.PEOPLE)
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivates an account, or activates it again."""
    person = get_object_or_404(User, pk=pk)
    on = request.POST.get("active") == "yes"
    try:
        (reactivate if on else deactivate)(person, actor_of(request))
    except CannotChange as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{person.get_full_name()} is {'active again' if on else 'deactivated'}.")
    return redirect("access:user", pk)


@needs(Action.PEOPLE)
@never_cache
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """A fresh link that signs in once, shown this once."""
    person = get_object_or_404(User, pk=pk)
    try:
        return _link_once(request, person, is_new=False)
    except CannotChange as error:
        messages.error(request, str(error))
        return redirect("access:user", pk)


def _link_once(request: HttpRequest, person: User, *, is_new: bool) -> HttpResponse:
    token = make_sign_in_link(person, actor_of(request))
    address = f"{settings.USHER_BASE_URL}{reverse('access:welcome', args=[token])}"
    return render(request, "access/link_once.html", {"person": person, "link": address, "is_new": is_new})
