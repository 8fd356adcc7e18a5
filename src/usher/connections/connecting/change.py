"""Changing a connection."""

from datetime import time

from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.utils import timezone

from usher.asana import NotAuthorized
from usher.connections.client import open_asana
from usher.connections.connecting.account import check_account
from usher.connections.connecting.settings import (
    CannotConnect,
    ConnectionSettings,
    check_name,
    check_time_zone,
    name_taken,
)
from usher.connections.ledger_entries import record_change, summary_of
from usher.connections.models import Connection, Credentials
from usher.connections.pace.budget import Urgency
from usher.connections.schedule import next_daily_sync
from usher.ledger.actors import Actor


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

    What is as in `connection` stays as it is stored, so that two who change different things both do. Raises
    CannotConnect, changing nothing.
    """
    check_name(settings.name, settings.reconnects)
    if time_zone:
        check_time_zone(time_zone)
    if settings.workspace_gid != connection.workspace_gid or settings.service_token:
        async_to_sync(_check_account_again)(connection, settings)
    wanted = {
        "name": settings.name,
        "mode": settings.mode,
        "workspace_gid": settings.workspace_gid,
        "sync_at": sync_at or connection.sync_at,
        "time_zone": time_zone or connection.time_zone,
        "holiday_calendar": connection.holiday_calendar if holiday_calendar is None else holiday_calendar,
        "requires_sso": connection.requires_sso if requires_sso is None else requires_sso,
    }
    changed = {name: value for name, value in wanted.items() if value != getattr(connection, name)}
    try:
        with transaction.atomic():
            stored = _locked(connection)
            before = summary_of(stored)
            for name, value in changed.items():
                setattr(stored, name, value)
            if sync_at or time_zone:
                stored.next_sync_at = next_daily_sync(stored, timezone.now())
            if not keep_service_token:
                Credentials.objects.filter(connection=stored).update(service_token=settings.service_token)
                stored.has_service_token = bool(settings.service_token)
            stored.save(update_fields=[*changed, "has_service_token", "next_sync_at"])
            record_change(actor, stored, before, new_service_token=bool(settings.service_token))
    except IntegrityError as error:  # another request took the name at the same time
        raise name_taken(settings.name) from error


def _locked(connection: Connection) -> Connection:
    """Raises CannotConnect where somebody has disconnected or deleted it meanwhile."""
    stored = Connection.objects.select_for_update().filter(pk=connection.pk, disconnected_at=None).first()
    if stored is None:
        raise CannotConnect(f"“{connection.name}” was disconnected meanwhile.", "Connect it again first.")
    return stored


async def _check_account_again(connection: Connection, settings: ConnectionSettings) -> None:
    try:
        asana = await open_asana(connection, Urgency.PERSON)
    except NotAuthorized as error:
        raise CannotConnect(str(error), error.remedy) from error
    await check_account(settings, asana)
