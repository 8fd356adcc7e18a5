"""Ending a connection: its access at Asana, its tokens and, if asked, its data."""

import asyncio
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from usher.connections.connecting.by_consent import revoke
from usher.connections.ledger_entries import facts_of, subject_of
from usher.connections.models import Connection, Credentials, ProblemKind
from usher.connections.oauth_app import oauth_app
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.encryption import SecretUnreadable
from usher.platform.locks import Lock, lock_async

SYNC_STOPS_WITHIN_SECONDS = 20

REVOKE_BY_HAND = (
    "The access could not be revoked at Asana. Revoke it by hand: "
    "in Asana, Settings → Apps → Usher → Deauthorize."
)
DELETE_THE_TOKEN = (
    "A personal access token cannot be revoked from outside. Delete it in Asana: "  # noqa: S105
    "Settings → Apps → Manage developer apps → Personal access tokens."
)
DELETE_AGAIN = "A sync was still running, so the data is kept for now. Delete it on its page in a minute."


@dataclass(frozen=True)
class Ended:
    """How a disconnect went, and what a person must still do."""

    data_is_deleted: bool
    left_to_do: tuple[str, ...]


def disconnect(connection: Connection, actor: Actor, *, delete_data: bool) -> Ended:
    """Revokes the token at Asana and forgets it; deletes the data if asked."""
    # First of all, so that a sync under way stops by itself and none begins.
    _mark_disconnected(connection, actor)
    left_to_do = [] if (todo := _revoke_access(connection)) is None else [todo]
    Credentials.objects.filter(connection=connection).delete()
    connection.refresh_from_db()
    if not delete_data:
        return Ended(data_is_deleted=False, left_to_do=tuple(left_to_do))
    if not async_to_sync(_no_sync_runs)(connection.pk):
        return Ended(data_is_deleted=False, left_to_do=(*left_to_do, DELETE_AGAIN))
    with transaction.atomic():
        subject, facts = subject_of(connection), facts_of(connection)
        for path in settings.USHER_BEFORE_CONNECTION_DELETED:
            import_string(path)(connection)
        connection.delete()
        record(actor, "connection.deleted", subject, before=facts)
    return Ended(data_is_deleted=True, left_to_do=tuple(left_to_do))


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
        record(actor, "connection.disconnected", subject_of(connection), before=facts_of(connection))


def _revoke_access(connection: Connection) -> str | None:
    """What a person must do by hand, if anything."""
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
