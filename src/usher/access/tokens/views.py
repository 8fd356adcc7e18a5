"""API tokens: the user's own on the profile page, and all of them for admins."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.models import ApiToken, User
from usher.access.proof.fresh import require_fresh_proof
from usher.access.roles import Action, needs, own_account, signed_in
from usher.access.tokens.api_tokens import TokenRefused, end_of, extend_token, make_token, revoke_token
from usher.access.tokens.forms import ExtendForm, TokenForm
from usher.access.tokens.tables import TokensTable
from usher.access.trail.note import place_of
from usher.access.users.link_sessions import link_maker
from usher.web.lists import configure_table


def tokens_of(user: User) -> dict[str, object]:
    """What the profile page shows."""
    tokens = list(user.api_tokens.filter(revoked_at=None))
    return {
        "tokens": tokens,
        "ending_tokens": [token for token in tokens if token.ends_soon],
        "token_form": TokenForm(owner=user, auto_id="token_%s"),
    }


@own_account
@never_cache
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Shows the new token, this once."""
    require_fresh_proof(request)
    owner = signed_in(request)
    form = TokenForm(request.POST, owner=owner)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("access:profile")
    given = form.cleaned_data
    token = make_token(
        owner,
        given["name"],
        actor_of(request),
        link_maker(request),
        form.chosen,
        permissions=given["permissions"],
        days=int(given["days"]),
        place=place_of(request),
    )
    return render(request, "access/token_once.html", {"token": token, "name": given["name"]})


@own_account
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, user=signed_in(request))
    revoke_token(token, actor_of(request))
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("access:profile")


@needs(Action.USERS)
@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    """All tokens that are not revoked."""
    table = TokensTable(ApiToken.objects.filter(revoked_at=None).select_related("user__service"))
    configure_table(request, table)
    return render(request, "access/tokens.html", {"table": table})


@needs(Action.USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def token(request: HttpRequest, pk: int) -> HttpResponse:
    """One token of anybody. POST lets it last longer."""
    shown = get_object_or_404(ApiToken.objects.select_related("user__service"), pk=pk)
    form = ExtendForm(request.POST or None, initial={"until": shown.expires_at.date()})
    if form.is_valid():
        end_of_day = end_of(form.cleaned_data["until"])
        try:
            extend_token(shown, end_of_day, actor_of(request))
        except TokenRefused as error:
            form.add_error("until", f"{error.message} {error.remedy}")
        else:
            messages.success(request, f"The token “{shown.name}” ends on {end_of_day:%-d %B %Y}.")
            return redirect("access:tokens")
    context = {
        "token": shown,
        "form": form,
        "is_over": shown.revoked_at or shown.is_expired,
    }
    return render(request, "access/token.html", context, status=422 if form.is_bound else 200)


@needs(Action.USERS)
@require_POST
def revoke_any(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk)
    revoke_token(token, actor_of(request))
    messages.success(request, f"The token “{token.name}” of {token.user} is revoked.")
    return redirect("access:tokens")
