"""The OAuth tokens of a connection. Several processes refresh them, and Reconnect replaces them."""

from asgiref.sync import sync_to_async
from django.db import transaction

from usher.asana import NotAuthorized, OAuthApp, OAuthToken, TokenSet
from usher.connections.models import Connection, Credentials
from usher.platform.encryption import SecretUnreadable


def stored_credentials(connection_id: int) -> Credentials | None:
    """None after a disconnect. Raises NotAuthorized when the encryption key is missing."""
    try:
        return Credentials.objects.select_related("connection").filter(connection=connection_id).first()
    except SecretUnreadable as error:
        unreadable = NotAuthorized("The stored tokens of this connection cannot be read.")
        unreadable.remedy = str(error)
        raise unreadable from error


class StoredToken:
    """An OAuthToken that tries newer tokens from the database when Asana refuses its own."""

    def __init__(self, app: OAuthApp, credentials: Credentials) -> None:
        self._app = app
        self._connection_id = credentials.connection_id
        self._take(credentials)
        self.identity = (
            f"OAuth of connection {credentials.connection_id}"  # the tokens of all processes change
        )

    def _take(self, credentials: Credentials) -> None:
        assert credentials.expires_at is not None
        self._refresh_token = credentials.refresh_token
        self._token = OAuthToken(
            self._app, credentials.access_token, credentials.refresh_token, credentials.expires_at, self._keep
        )

    async def access_token(self) -> str:
        token = self._token
        try:
            return await token.access_token()
        except NotAuthorized:
            if not await self._has_newer_than(token):
                raise
            return await self._token.access_token()

    async def renew(self, refused: str) -> None:
        token = self._token
        try:
            await token.renew(refused)
        except NotAuthorized:
            if not await self._has_newer_than(token):
                raise

    async def _has_newer_than(self, token: OAuthToken) -> bool:
        stored = await sync_to_async(stored_credentials)(self._connection_id)
        if self._token is not token:  # another call has loaded them
            return True
        if (
            stored is None
            or stored.connection.authorization != Connection.Authorization.OAUTH
            or stored.refresh_token == self._refresh_token
        ):
            return False
        self._take(stored)
        return True

    async def _keep(self, tokens: TokenSet) -> None:
        if await sync_to_async(_store)(self._connection_id, self._refresh_token, tokens):
            self._refresh_token = tokens.refresh_token or self._refresh_token


@transaction.atomic
def _store(connection_id: int, refreshed_from: str, tokens: TokenSet) -> bool:
    """False, storing nothing, when the connection has other tokens by now or was disconnected."""
    credentials = Credentials.objects.select_for_update().filter(connection_id=connection_id).first()
    if credentials is None or credentials.refresh_token != refreshed_from:
        return False
    credentials.access_token = tokens.access_token
    credentials.refresh_token = tokens.refresh_token or credentials.refresh_token
    credentials.expires_at = tokens.expires_at
    credentials.save(update_fields=["access_token", "refresh_token", "expires_at"])
    return True
