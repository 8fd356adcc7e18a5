"""The token of a SCIM or REST API source, on the source's page."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from usher.access.roles import Action, actor_of, needs
from usher.directory.models import Source
from usher.directory.tokens import PREFIXES, make_token, revoke_token


def address_of(source: Source) -> str:
    """Where the identity provider or HR system is to be pointed to."""
    path = "scim/v2" if source.kind == Source.Kind.SCIM else "api/v1/directory"
    return f"{settings.USHER_BASE_URL}/{path}"


@needs(Action.SETTINGS)
@never_cache
@require_POST
def token(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes or replaces the token and shows it this once; revokes it when `revoke` is sent."""
    source = get_object_or_404(Source, pk=pk, kind__in=PREFIXES)
    if "revoke" in request.POST:
        revoke_token(source, actor_of(request))
        messages.success(
            request, f"The token of “{source.name}” is revoked: nothing comes from there any more."
        )
        return redirect("directory:source", source.pk)
    made = make_token(source, actor_of(request))
    return render(
        request,
        "directory/token_once.html",
        {"source": source, "token": made, "address": address_of(source)},
    )
