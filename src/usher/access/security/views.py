"""Settings → Security, and resetting the second factor of a user."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.mfa.factors import users_without_required
from usher.access.mfa.reset import reset_second_factor
from usher.access.models import SecurityPolicy, User
from usher.access.roles import Action, needs
from usher.access.security.forms import SecurityForm
from usher.access.security.policy import change_policy
from usher.access.users.accounts import CannotChange


@needs(Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def security(request: HttpRequest) -> HttpResponse:
    form = SecurityForm(request.POST or None, instance=SecurityPolicy.get())
    if request.method == "POST" and form.is_valid():
        change_policy(actor_of(request), form.cleaned_data, form.cleaned_data["why"])
        messages.success(request, "The settings are saved. They apply from now on.")
        return redirect("access:security")
    policy = SecurityPolicy.get()
    context = {"form": form, "policy": policy, "without": users_without_required(policy)}
    return render(request, "access/security.html", context, status=422 if form.errors else 200)


@needs(Action.USERS)
@require_POST
def reset_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """For somebody who lost their phone or key."""
    account = get_object_or_404(User, pk=pk)
    try:
        reset_second_factor(account, actor_of(request))
    except CannotChange as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, f"{account.get_full_name()} has no second factor now, and can add a new one."
        )
    return redirect("access:user", pk)
