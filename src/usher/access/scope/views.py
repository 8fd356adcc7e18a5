"""The page where an admin limits a user to connections."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from usher.access.acting import actor_of
from usher.access.models import User
from usher.access.roles import Action, needs
from usher.access.scope.change import change_scope, shown_scope
from usher.access.scope.forms import ScopeForm
from usher.access.users.accounts import CannotChange


@needs(Action.USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Which connections a user sees."""
    account = get_object_or_404(User, pk=pk)
    form = ScopeForm(request.POST or None, scope=account.scope)
    if form.is_valid():
        try:
            change_scope(account, form.chosen, actor_of(request))
        except CannotChange as error:
            form.add_error(None, str(error))
        else:
            account.refresh_from_db(fields=["scope"])
            messages.success(request, f"{account.get_full_name()} now sees: {shown_scope(account.seen)}.")
            return redirect("access:user", pk)
    context = {"account": account, "form": form}
    return render(request, "access/user_scope.html", context, status=422 if form.is_bound else 200)
