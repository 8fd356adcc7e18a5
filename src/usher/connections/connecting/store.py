"""Storing a connection whose account was checked with Asana. A failure leaves nothing half done."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from usher.asana import AsanaUser
from usher.connections.connecting.settings import CannotConnect, ConnectionSettings, check_name
from usher.connections.ledger_entries import subject_of, summary_of
from usher.connections.models import Connection, Credentials
from usher.connections.schedule import next_daily_sync, spread_time
from usher.connections.states import ProblemKind
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.encryption import SecretUnreadable


@dataclass(frozen=True)
class AccountTokens:
    """What lets Usher act as the connecting user."""

    access_token: str = field(repr=False)
    authorization: Connection.Authorization
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None


@transaction.atomic
def store_connection(
    settings: ConnectionSettings, account: AsanaUser, tokens: AccountTokens, actor: Actor
) -> Connection:
    """A new connection, or the one of this account with new tokens. Raises CannotConnect."""
    connection = _existing(settings, account)
    before = summary_of(connection) if connection else None
    if connection is None:
        connection = Connection(asana_user_gid=account.gid, sync_at=spread_time(account.gid))
    check_name(settings.name, connection if before else None)
    connection.name = settings.name
    connection.mode = settings.mode
    connection.authorization = tokens.authorization
    connection.workspace_gid = settings.workspace_gid
    connection.asana_user_name = account.name or account.email or account.gid
    connection.asana_user_email = account.email or ""
    secrets = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_at": tokens.expires_at,
    }
    # A reconnect that gives no new service-account token keeps the stored one.
    if settings.service_token or not settings.reconnects or not _is_readable(connection):
        secrets["service_token"] = settings.service_token
        connection.has_service_token = bool(settings.service_token)
    connection.disconnected_at = None
    connection.next_sync_at = next_daily_sync(connection, timezone.now())
    if connection.problem_kind != ProblemKind.QUESTION:  # new tokens do not say who has left
        connection.problem = connection.problem_remedy = ""
        connection.problem_kind = ProblemKind.NONE
    try:
        connection.save()
    except IntegrityError as error:  # another request stored the same account or name at the same time
        raise CannotConnect(
            "This account or name was connected a moment ago.", "Check the list of connections."
        ) from error
    # Not update_or_create: it reads the old tokens first, and their key may be lost.
    if not Credentials.objects.filter(connection=connection).update(**secrets):
        Credentials.objects.create(connection=connection, **secrets)
    action = "connection.connected" if before is None else "connection.reconnected"
    record(
        actor,
        action,
        subject_of(connection),
        before=before,
        after=summary_of(connection),
        connection=connection.pk,
    )
    return connection


def _existing(settings: ConnectionSettings, account: AsanaUser) -> Connection | None:
    """The connection of this account, locked. Raises CannotConnect where it may not get these tokens."""
    connection = Connection.objects.select_for_update().filter(asana_user_gid=account.gid).first()
    expected = settings.reconnects
    if expected and (connection is None or connection.pk != expected.pk):
        raise CannotConnect(
            f"You allowed access as {account.name}, but this connection belongs to {expected.asana_user_name}.",
            "Sign in to Asana as that account, or connect this one as a new connection.",
        )
    if connection and connection.is_connected and not expected:
        raise CannotConnect(
            f"{account.name} is already connected, as “{connection.name}”.",
            "Reconnect or change that connection, or connect as another Asana account.",
        )
    return connection


def _is_readable(connection: Connection) -> bool:
    try:
        Credentials.objects.filter(connection=connection).first()
    except SecretUnreadable:
        return False
    return True
