"""Asana as a connection sees it: with its tokens, its pace, and a place to keep tokens that were refreshed."""

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction

from usher.asana import Asana, BearerToken, Limits, NotAuthorized, OAuthToken, TokenSet
from usher.asana.errors import Reason
from usher.connections.models import Connection, Credentials
from usher.connections.oauth_app import oauth_app


async def open_asana(connection: Connection) -> Asana:
    """The client that acts as the connecting user. Raises NotAuthorized where the tokens are gone."""
    credentials = await Credentials.objects.filter(connection=connection).afirst()
    if credentials is None:
        raise NotAuthorized("This connection has no tokens any more.", reason=Reason.REVOKED)
    limits = Limits(requests_per_minute=connection.requests_per_minute)
    if connection.authorization == Connection.Authorization.TOKEN:
        return Asana(BearerToken(credentials.access_token), url=settings.USHER_ASANA_URL, limits=limits)
    app = await sync_to_async(oauth_app)()
    if app is None or credentials.expires_at is None:
        raise NotAuthorized(
            "The Asana OAuth app is no longer set in Usher's settings.", reason=Reason.UNKNOWN
        )

    async def keep(tokens: TokenSet) -> None:
        await sync_to_async(_keep)(connection.pk, tokens)

    token = OAuthToken(app, credentials.access_token, credentials.refresh_token, credentials.expires_at, keep)
    return Asana(token, url=settings.USHER_ASANA_URL, limits=limits)


async def open_service(connection: Connection) -> Asana | None:
    """The client that acts as the service account; None where no token was given."""
    credentials = await Credentials.objects.filter(connection=connection).afirst()
    if credentials is None or not credentials.service_token:
        return None
    return bearer(credentials.service_token, connection.requests_per_minute)


def bearer(token: str, requests_per_minute: int = 1500) -> Asana:
    """A client for a token that is not stored (yet)."""
    limits = Limits(requests_per_minute=requests_per_minute)
    return Asana(BearerToken(token), url=settings.USHER_ASANA_URL, limits=limits)


@transaction.atomic
def _keep(connection_id: int, tokens: TokenSet) -> None:
    credentials = Credentials.objects.select_for_update().filter(connection_id=connection_id).first()
    if credentials is None:
        return  # disconnected meanwhile
    credentials.access_token = tokens.access_token
    credentials.refresh_token = tokens.refresh_token or credentials.refresh_token
    credentials.expires_at = tokens.expires_at
    credentials.save(update_fields=["access_token", "refresh_token", "expires_at"])
