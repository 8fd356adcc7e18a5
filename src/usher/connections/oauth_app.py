"""The customer's own OAuth app, from the environment or from the settings page."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from usher.asana import OAuthApp, Retries
from usher.connections.models import AsanaApp
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.encryption import SecretUnreadable

COPIED_CODE = "urn:ietf:wg:oauth:2.0:oob"
"""Asana shows a code to copy instead of redirecting (developers.asana.com/docs/oauth)."""

WHILE_A_PERSON_WAITS = Retries(tries=3, seconds=20, longest_retry_after=15)


def is_set_by_environment() -> bool:
    return bool(settings.USHER_ASANA_CLIENT_ID and settings.USHER_ASANA_CLIENT_SECRET)


def redirect_url() -> str:
    """Where Asana redirects to. The OAuth app has to be registered with exactly this address."""
    return f"{settings.USHER_BASE_URL}{reverse('connections:oauth_return')}"


def redirect_is_possible() -> bool:
    """Asana redirects to https addresses only. Without one, people copy a code."""
    return str(settings.USHER_BASE_URL).startswith("https://")


def redirect_uri_for_connect() -> str:
    return redirect_url() if redirect_is_possible() else COPIED_CODE


def stored_client_id() -> str:
    """The client ID from the settings page; empty when there is none."""
    return AsanaApp.objects.values_list("client_id", flat=True).first() or ""


@transaction.atomic
def store_app(client_id: str, client_secret: str, actor: Actor) -> None:
    """Stores the app, or replaces it, even when its secret can no longer be read."""
    before = stored_client_id()
    AsanaApp(pk=1, client_id=client_id, client_secret=client_secret).save()
    record(
        actor,
        "settings.oauth_app_changed",
        "Asana OAuth app",
        before={"client_id": before} if before else None,
        after={"client_id": client_id, "client_secret": "a new one"},
    )


def oauth_app(
    redirect_uri: str | None = None,
    retries: Retries = WHILE_A_PERSON_WAITS,
) -> OAuthApp | None:
    """The app to connect with; None when it is not set up, or its stored secret cannot be read."""
    if is_set_by_environment():
        client_id, secret = settings.USHER_ASANA_CLIENT_ID, settings.USHER_ASANA_CLIENT_SECRET
    else:
        try:
            stored = AsanaApp.objects.first()
        except SecretUnreadable:
            return None
        if stored is None:
            return None
        client_id, secret = stored.client_id, stored.client_secret
    return OAuthApp(
        client_id=client_id,
        client_secret=secret,
        redirect_uri=redirect_uri or redirect_uri_for_connect(),
        url=settings.USHER_ASANA_URL,
        retries=retries,
    )
