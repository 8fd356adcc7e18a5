"""The user's own API tokens, on the profile page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from usher.access.models import ApiToken, User
from usher.access.roles import actor_of, own_account, signed_in
from usher.access.tokens.api_tokens import make_token, revoke_token
from usher.access.tokens.forms import TokenForm


def tokens_of(user: User) -> dict[str, object]:
    """What the profile page shows."""
    return {"tokens": user.api_tokens.filter(revoked_at=None), "token_form": TokenForm()}


@own_account
@never_cache
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Shows the new token, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Enter what the token is for, in up to 100 characters.")
        return redirect("access:profile")
    name = form.cleaned_data["name"]
    token = make_token(signed_in(request), name, actor_of(request))
    return render(request, "access/token_once.html", {"token": token, "name": name})


@own_account
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, user=signed_in(request))
    revoke_token(token, actor_of(request))
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("access:profile")
