"""Clients of Asana for a connection: its tokens, its request limit, and how long to wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils.crypto import salted_hmac

from usher.asana import (
    Asana,
    AsanaError,
    BearerToken,
    NotAuthorized,
    RateLimits,
    Reason,
    Retries,
    TokenSource,
    Unavailable,
)
from usher.connections.models import Connection
from usher.connections.oauth_app import WHILE_A_PERSON_WAITS, oauth_app
from usher.connections.observing import observer
from usher.connections.pace.budget import Budget, Urgency
from usher.connections.pace.shared import SharedPace
from usher.connections.stored_token import StoredToken, stored_credentials

LONGEST_WAIT_SECONDS = 20.0
SALT = "usher.connections.pace"


@asynccontextmanager
async def not_for_long() -> AsyncIterator[None]:
    """For work that a person waits for in front of a page. Raises Unavailable when it takes too long."""
    try:
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            yield
    except TimeoutError as error:
        raise Unavailable("Asana did not answer in time.") from error


class ServiceTokenRefused(AsanaError):
    """Asana no longer accepts the service-account token of a connection."""

    remedy = (
        "Create a new one in Asana (Admin Console → Apps → Service accounts) and enter it under Change, on the "
        "page of this connection."
    )

    def __init__(self) -> None:
        super().__init__("Asana no longer accepts the service-account token.")


async def open_asana(connection: Connection, urgency: Urgency = Urgency.SYNC) -> Asana:
    """A client that acts as the connecting user. Raises NotAuthorized when there are no tokens."""
    credentials = await sync_to_async(stored_credentials)(connection.pk)
    if credentials is None:
        raise NotAuthorized("This connection no longer has tokens.", reason=Reason.REVOKED)
    limits = RateLimits(requests_per_minute=connection.requests_per_minute)
    if credentials.connection.authorization == Connection.Authorization.TOKEN:
        return _client(BearerToken(credentials.access_token), limits, urgency, connection.pk)
    app = await sync_to_async(oauth_app)(retries=_retries(urgency))
    if app is None or credentials.expires_at is None:
        raise NotAuthorized("The Asana OAuth app is no longer set up in Usher.", reason=Reason.UNKNOWN)
    return _client(StoredToken(app, credentials), limits, urgency, connection.pk)


async def open_service(connection: Connection, urgency: Urgency = Urgency.SYNC) -> Asana | None:
    """A client that acts as the service account; None without a service-account token."""
    credentials = await sync_to_async(stored_credentials)(connection.pk)
    if credentials is None or not credentials.service_token:
        return None
    limits = RateLimits(requests_per_minute=connection.requests_per_minute)
    return _client(BearerToken(credentials.service_token), limits, urgency, connection.pk)


def bearer(token: str) -> Asana:
    """A client for a token that is not stored yet. Raises ValueError for text that cannot be a token."""
    return _client(BearerToken(token), RateLimits(), Urgency.PERSON)


def _client(token: TokenSource, limits: RateLimits, urgency: Urgency, connection: int | None = None) -> Asana:
    url = settings.USHER_ASANA_URL
    # Connections with the same token share its pace; nobody who reads the table learns the token.
    key = salted_hmac(SALT, f"{url} {token.identity}", algorithm="sha256").hexdigest()
    return Asana(
        token,
        url,
        limits,
        retries=_retries(urgency),
        pace=SharedPace(Budget(key, limits, urgency)),
        on_call=observer(connection),
    )


def _retries(urgency: Urgency) -> Retries:
    return WHILE_A_PERSON_WAITS if urgency is Urgency.PERSON else Retries()
