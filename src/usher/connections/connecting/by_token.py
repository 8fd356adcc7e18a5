"""Connecting by personal access token."""

from asgiref.sync import async_to_sync

from usher.connections.connecting.account import check_account, client_for
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.connecting.store import AccountTokens, store_connection
from usher.connections.models import Connection
from usher.ledger.actors import Actor


def connect_with_token(settings: ConnectionSettings, token: str, actor: Actor) -> Connection:
    """Raises CannotConnect."""
    account = async_to_sync(check_account)(settings, client_for(token, "token"))
    return store_connection(settings, account, AccountTokens(token, Connection.Authorization.TOKEN), actor)
