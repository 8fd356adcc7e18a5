"""Ending a connection: its access at Asana, its tokens and, if asked, its data."""

import asyncio
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from usher.connections.connecting.by_consent import revoke
from usher.connections.ledger_entries import subject_of, summary_of
from usher.connections.models import Connection, Credentials
from usher.connections.oauth_app import oauth_app
from usher.connections.states import ProblemKind
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.encryption import SecretUnreadable
from usher.platform.locks import Lock, lock_async
from usher.platform.scope import whole_installation

SYNC_STOPS_WITHIN_SECONDS = 20

REVOKE_BY_HAND = (
    "The access could not be revoked at Asana. Revoke it by hand: "
    "in Asana, Settings → Apps → Usher → Deauthorize."
)
DELETE_THE_TOKEN = (
    "Usher cannot revoke a personal access token. Delete it in Asana: "  # noqa: S105
    "Settings → Apps → Manage developer apps → Personal access tokens."
)
DELETE_AGAIN = (
    "A sync is still running, so the data was not deleted. Delete it on the connection's page in a minute."
)


@dataclass(frozen=True)
class DisconnectResult:
    """`to_do` lists what a person still has to do."""

    data_is_deleted: bool
    to_do: tuple[str, ...]


@whole_installation()
def disconnect(connection: Connection, actor: Actor, *, delete_data: bool) -> DisconnectResult:
    """Revokes the token at Asana and forgets it; deletes the data if asked.

    This is the only place that deletes the data of a connection. `USHER_BEFORE_CONNECTION_DELETED` lists what the
    capabilities above do first.
    """
    # First, so that a running sync stops by itself and no other starts.
    _mark_disconnected(connection, actor)
    by_hand = _revoke_access(connection)
    to_do = () if by_hand is None else (by_hand,)
    Credentials.objects.filter(connection=connection).delete()
    connection.refresh_from_db()
    if not delete_data:
        return DisconnectResult(data_is_deleted=False, to_do=to_do)
    if not async_to_sync(_no_sync_runs)(connection.pk):
        return DisconnectResult(data_is_deleted=False, to_do=(*to_do, DELETE_AGAIN))
    with transaction.atomic():
        subject, summary = subject_of(connection), summary_of(connection)
        for path in settings.USHER_BEFORE_CONNECTION_DELETED:
            import_string(path)(connection)
        key = connection.pk
        connection.delete()
        record(actor, "connection.deleted", subject, before=summary, connection=key)
    return DisconnectResult(data_is_deleted=True, to_do=to_do)


@transaction.atomic
def _mark_disconnected(connection: Connection, actor: Actor) -> None:
    is_new = Connection.objects.filter(pk=connection.pk, disconnected_at=None).update(
        disconnected_at=timezone.now(),
        next_sync_at=None,
        has_service_token=False,
        problem="",
        problem_remedy="",
        problem_kind=ProblemKind.NONE,
    )
    if is_new:
        record(
            actor,
            "connection.disconnected",
            subject_of(connection),
            before=summary_of(connection),
            connection=connection.pk,
        )


def _revoke_access(connection: Connection) -> str | None:
    """What a person has to do by hand, if anything."""
    by_oauth = connection.authorization == Connection.Authorization.OAUTH
    try:
        credentials = Credentials.objects.filter(connection=connection).first()
    except SecretUnreadable:
        return REVOKE_BY_HAND if by_oauth else DELETE_THE_TOKEN
    if credentials is None:
        return None
    if not by_oauth:
        return DELETE_THE_TOKEN
    app = oauth_app()
    if app is None or not async_to_sync(revoke)(app, credentials.refresh_token):
        return REVOKE_BY_HAND
    return None


async def _no_sync_runs(connection_id: int) -> bool:
    try:
        async with (
            asyncio.timeout(SYNC_STOPS_WITHIN_SECONDS),
            lock_async(Lock.SYNC.of(connection_id), wait=True),
        ):
            return True
    except TimeoutError:
        return False
