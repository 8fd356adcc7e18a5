"""Changing a connection."""

from datetime import time

from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.utils import timezone

from usher.asana import NotAuthorized
from usher.connections.client import open_asana
from usher.connections.connecting.account import check_account
from usher.connections.connecting.settings import CannotConnect, ConnectionSettings, check_name, name_taken
from usher.connections.ledger_entries import record_change, summary_of
from usher.connections.models import Connection, Credentials
from usher.connections.pace.budget import Urgency
from usher.connections.schedule import next_daily_sync
from usher.ledger.actors import Actor

CHANGEABLE = [
    "name",
    "mode",
    "workspace_gid",
    "has_service_token",
    "sync_at",
    "time_zone",
    "holiday_calendar",
    "requires_sso",
    "next_sync_at",
]


def change(
    connection: Connection,
    settings: ConnectionSettings,
    actor: Actor,
    *,
    keep_service_token: bool,
    sync_at: time | None = None,
    time_zone: str = "",
    holiday_calendar: str | None = None,
    requires_sso: bool | None = None,
) -> None:
    """Stores these settings, the daily sync where a time or a zone is given, and what else is not None.

    Raises CannotConnect, changing nothing.
    """
    check_name(settings.name, settings.reconnects)
    if settings.workspace_gid != connection.workspace_gid or settings.service_token:
        async_to_sync(_check_account_again)(connection, settings)
    before = summary_of(connection)
    connection.name, connection.mode = settings.name, settings.mode
    connection.workspace_gid = settings.workspace_gid
    if sync_at or time_zone:
        connection.sync_at = sync_at or connection.sync_at
        connection.time_zone = time_zone or connection.time_zone
        connection.next_sync_at = next_daily_sync(connection, timezone.now())
    if holiday_calendar is not None:
        connection.holiday_calendar = holiday_calendar
    if requires_sso is not None:
        connection.requires_sso = requires_sso
    try:
        with transaction.atomic():
            if not keep_service_token:
                stored = Credentials.objects.filter(connection=connection)
                stored.update(service_token=settings.service_token)
                connection.has_service_token = bool(settings.service_token)
            connection.save(update_fields=CHANGEABLE)
            record_change(actor, connection, before, new_service_token=bool(settings.service_token))
    except IntegrityError as error:  # another request took the name at the same time
        raise name_taken(settings.name) from error


async def _check_account_again(connection: Connection, settings: ConnectionSettings) -> None:
    try:
        asana = await open_asana(connection, Urgency.PERSON)
    except NotAuthorized as error:
        raise CannotConnect(str(error), error.remedy) from error
    await check_account(settings, asana)
