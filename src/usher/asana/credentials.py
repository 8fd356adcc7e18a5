"""Where a client gets its token: a fixed token, or OAuth tokens that are renewed."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from usher.asana.oauth import OAuthApp, TokenSet

_EARLY = timedelta(minutes=1)


class TokenSource(Protocol):
    @property
    def identity(self) -> str:
        """Identifies the token without revealing it. Clients with the same identity share a limiter."""
        ...

    async def access_token(self) -> str:
        """A token that is valid now."""
        ...

    async def renew(self, refused: str) -> None:
        """Asana refused this token: gets a new one, if possible."""
        ...


class BearerToken:
    """A personal access token or a service account's token."""

    def __init__(self, token: str) -> None:
        self._token = _sound(token)
        self.identity = _fingerprint(self._token)

    def __repr__(self) -> str:
        return "BearerToken(…)"

    async def access_token(self) -> str:
        return self._token

    async def renew(self, refused: str) -> None:
        pass


class OAuthToken:
    """OAuth tokens, renewed one minute before they expire, once for all calls that wait.

    `on_refresh` gets every new pair and must store it, because a new refresh token replaces the old one. When it
    fails, the call fails, and the next call passes the same pair again.
    """

    def __init__(
        self,
        app: OAuthApp,
        access_token: str,
        refresh_token: str,
        expires_at: datetime,
        on_refresh: Callable[[TokenSet], Awaitable[None]],
    ) -> None:
        self._app = app
        self._access_token = _sound(access_token)
        self._refresh_token = refresh_token
        self._expires_at = expires_at
        self._on_refresh = on_refresh
        self._not_stored: TokenSet | None = None
        self._renewal: asyncio.Task[None] | None = None
        self.identity = _fingerprint(refresh_token)

    def __repr__(self) -> str:
        return f"OAuthToken(expires_at={self._expires_at.isoformat()})"

    async def access_token(self) -> str:
        if self._not_stored or datetime.now(UTC) >= self._expires_at - _EARLY:
            await self._renew_once_for_all()
        return self._access_token

    async def renew(self, refused: str) -> None:
        if refused == self._access_token:  # otherwise another call has renewed it
            await self._renew_once_for_all()

    async def _renew_once_for_all(self) -> None:
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._refresh())
            self._renewal.add_done_callback(self._forget)
        # Shielded: a caller who gives up must not lose the tokens for the others.
        await asyncio.shield(self._renewal)

    async def _refresh(self) -> None:
        if self._not_stored is None:
            fresh = await self._app.refresh(self._refresh_token)
            keep = fresh.refresh_token or self._refresh_token  # Asana sends one only with the first exchange
            self._access_token, self._refresh_token = _sound(fresh.access_token), keep
            self._expires_at = fresh.expires_at
            self._not_stored = msgspec.structs.replace(fresh, refresh_token=keep)
        await self._on_refresh(self._not_stored)
        self._not_stored = None

    def _forget(self, renewal: asyncio.Task[None]) -> None:
        self._renewal = None
        if not renewal.cancelled():
            renewal.exception()  # marked as seen: the waiting calls raise it


def _sound(token: str) -> str:
    """The token without surrounding spaces. Raises ValueError, which does not quote it, for text that is no token."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("This is not an Asana token: it is empty or contains characters that no token has.")
    return token


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
