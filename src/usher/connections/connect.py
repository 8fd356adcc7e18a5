"""Connecting an Asana account, and changing the connection.

Everything is checked with Asana before anything is stored, so that a failure leaves nothing half made.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.utils import timezone

from usher.asana import (
    Asana,
    AsanaError,
    AsanaUser,
    AsanaWorkspace,
    NotAuthorized,
    OAuthApp,
    TokenSet,
    pkce_pair,
)
from usher.connections.client import bearer, not_for_long, open_asana
from usher.connections.ledger_entries import facts_of, record_change, subject_of
from usher.connections.models import ConnectAttempt, Connection, Credentials, Mode
from usher.connections.oauth_app import WHILE_A_PERSON_WAITS, oauth_app, redirect_uri_for_connect
from usher.connections.schedule import next_daily_sync, spread_time
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.encryption import SecretUnreadable

log = logging.getLogger(__name__)

PERSONAL_PROJECTS = "498346170860"
"""A pseudo-workspace that many old accounts share. Deprecated by Asana; never synced."""

CHANGEABLE = [
    "name",
    "mode",
    "workspace_gid",
    "has_service_token",
    "sync_at",
    "time_zone",
    "next_sync_at",
]


class CannotConnect(Exception):
    """Why an account was not connected, and what to do. `field` names the input at fault, if one is."""

    def __init__(self, message: str, remedy: str = "", field: str | None = None) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message, self.remedy, self.field = message, remedy, field


@dataclass(frozen=True)
class ConnectionSettings:
    """What someone filled in to connect an account."""

    name: str
    mode: Mode = Mode.READ
    workspace_gid: str = ""
    service_token: str = field(default="", repr=False)
    reconnects: Connection | None = None


@dataclass(frozen=True)
class Tokens:
    """What lets Usher act as the connecting user."""

    access_token: str = field(repr=False)
    authorization: Connection.Authorization
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None


def connect_with_token(wish: ConnectionSettings, token: str, actor: Actor) -> Connection:
    """Connects by personal access token. Raises CannotConnect."""
    account = async_to_sync(_inspect)(wish, _client(token, "token"))
    return _store(wish, account, Tokens(token, Connection.Authorization.TOKEN), actor)


def check_before_consent(wish: ConnectionSettings) -> None:
    """What can be found wrong before anyone is sent to Asana's consent page. Raises CannotConnect."""
    if oauth_app() is None:
        raise CannotConnect("No Asana OAuth app is set.", "Set its client ID and secret first.")
    _check_name(wish)
    if wish.service_token:
        async_to_sync(_service_account)(wish.service_token)


def begin_oauth(wish: ConnectionSettings, user_id: int, session_key: str) -> tuple[ConnectAttempt, str]:
    """Stores the attempt and returns it with the address of Asana's consent page."""
    app = oauth_app()
    if app is None:
        raise CannotConnect("No Asana OAuth app is set.", "Set its client ID and secret first.")
    state = secrets.token_urlsafe(32)
    verifier, challenge = pkce_pair()
    attempt = ConnectAttempt.objects.create(
        state_hash=_hash(state),
        session_key=session_key,
        user_id=user_id,
        code_verifier=verifier,
        redirect_uri=redirect_uri_for_connect(),
        reconnects=wish.reconnects,
        name=wish.name,
        mode=wish.mode,
        workspace_gid=wish.workspace_gid,
        service_token=wish.service_token,
    )
    return attempt, app.authorize_url(state=state, code_challenge=challenge)


def take_attempt(session_key: str, *, state: str = "", attempt_id: int | None = None) -> ConnectAttempt:
    """The attempt of this session, used up: by `state` after a redirect, by id for a copied code.

    Raises CannotConnect for a state that is forged, of another session, too old or used before.
    """
    with transaction.atomic():
        attempts = ConnectAttempt.objects.select_for_update().filter(session_key=session_key)
        attempt = attempts.filter(
            **({"state_hash": _hash(state)} if attempt_id is None else {"pk": attempt_id})
        ).first()
        oldest = timezone.now() - timedelta(minutes=ConnectAttempt.LIFETIME_MINUTES)
        if attempt is not None:
            attempt.delete()
    if attempt is None or attempt.created_at < oldest:
        raise CannotConnect(
            "This way back from Asana was not started here, is too old, or was used before.",
            "Start Connect again.",
        )
    return attempt


def finish_oauth(attempt: ConnectAttempt, code: str, actor: Actor) -> Connection:
    """Trades the code for tokens, checks the account and stores the connection. Raises CannotConnect."""
    app = oauth_app(attempt.redirect_uri)
    if app is None:
        raise CannotConnect("The Asana OAuth app was removed meanwhile.", "Set it again, then connect.")
    wish = ConnectionSettings(
        name=attempt.name,
        mode=Mode(attempt.mode),
        workspace_gid=attempt.workspace_gid,
        service_token=attempt.service_token,
        reconnects=attempt.reconnects,
    )
    tokens = async_to_sync(_exchange)(app, code, attempt.code_verifier)
    try:
        account = async_to_sync(_inspect)(wish, bearer(tokens.access_token))
        return _store(
            wish,
            account,
            Tokens(
                tokens.access_token,
                Connection.Authorization.OAUTH,
                tokens.refresh_token or "",
                tokens.expires_at,
            ),
            actor,
        )
    except CannotConnect:
        # Of an account that is connected already the new token may be the very one in use.
        if not Connection.objects.filter(asana_user_gid=tokens.user_gid or "", disconnected_at=None).exists():
            async_to_sync(revoke)(app, tokens.refresh_token or "")
        raise


def change(
    connection: Connection,
    wish: ConnectionSettings,
    actor: Actor,
    *,
    keep_service_token: bool,
    sync_at: time | None = None,
    time_zone: str = "",
) -> None:
    """Changes what was filled in, and the daily sync where a time or zone is given.

    Raises CannotConnect, changing nothing.
    """
    _check_name(wish)
    if wish.workspace_gid != connection.workspace_gid or wish.service_token:
        async_to_sync(_inspect_again)(connection, wish)
    before = facts_of(connection)
    connection.name, connection.mode = wish.name, wish.mode
    connection.workspace_gid = wish.workspace_gid
    if sync_at or time_zone:
        connection.sync_at = sync_at or connection.sync_at
        connection.time_zone = time_zone or connection.time_zone
        connection.next_sync_at = next_daily_sync(connection, timezone.now())
    try:
        with transaction.atomic():
            if not keep_service_token:
                Credentials.objects.filter(connection=connection).update(service_token=wish.service_token)
                connection.has_service_token = bool(wish.service_token)
            connection.save(update_fields=CHANGEABLE)
            record_change(actor, connection, before, new_service_token=bool(wish.service_token))
    except IntegrityError as error:  # somebody else took the name this very moment
        raise _name_taken(wish.name) from error


def _client(token: str, field: str) -> Asana:
    try:
        return bearer(token)
    except ValueError as error:
        raise CannotConnect(str(error), "Copy it again, whole and without spaces.", field=field) from error


async def _exchange(app: OAuthApp, code: str, verifier: str) -> TokenSet:
    try:
        async with not_for_long():
            return await app.exchange(code.strip(), verifier)
    except AsanaError as error:
        raise CannotConnect(str(error), error.remedy) from error


async def revoke(app: OAuthApp, refresh_token: str) -> bool:
    """Ends the access at Asana. False when that did not work; then only a person can."""
    if not refresh_token:
        return True
    try:
        async with not_for_long():
            await app.revoke(refresh_token)
    except AsanaError as error:
        log.warning("Asana did not revoke a token: %s", error)
        return False
    return True


async def _inspect(wish: ConnectionSettings, asana: Asana) -> AsanaUser:
    """Who the token belongs to, after everything that was wished for has been found right."""
    try:
        async with asana, not_for_long():
            account = await asana.me()
            workspaces = [workspace async for page in asana.workspaces() for workspace in page.items]
    except NotAuthorized as error:
        raise CannotConnect(str(error), error.remedy, field="token") from error
    except AsanaError as error:
        raise CannotConnect(str(error), error.remedy) from error
    _check_workspace(wish.workspace_gid, workspaces, account)
    if wish.service_token:
        service = await _service_account(wish.service_token)
        ours = {workspace.gid for workspace in workspaces}
        theirs = {workspace.gid for workspace in service.workspaces or []}
        if theirs and not ours & theirs:
            raise CannotConnect(
                f"The service-account token belongs to another organization than {account.name}.",
                "Make one in the same organization: Admin Console → Apps → Service accounts.",
                field="service_token",
            )
    return account


async def _inspect_again(connection: Connection, wish: ConnectionSettings) -> None:
    try:
        asana = await open_asana(connection, WHILE_A_PERSON_WAITS)
    except NotAuthorized as error:
        raise CannotConnect(str(error), error.remedy) from error
    await _inspect(wish, asana)


async def _service_account(token: str) -> AsanaUser:
    try:
        async with _client(token, "service_token") as service, not_for_long():
            return await service.me()
    except NotAuthorized as error:
        raise CannotConnect(
            "Asana does not accept the service-account token.",
            "Copy it again, or make a new one: Admin Console → Apps → Service accounts.",
            field="service_token",
        ) from error
    except AsanaError as error:
        raise CannotConnect(str(error), error.remedy, field="service_token") from error


def _check_workspace(gid: str, workspaces: list[AsanaWorkspace], account: AsanaUser) -> None:
    if not gid:
        return
    if gid == PERSONAL_PROJECTS:
        raise CannotConnect(
            "“Personal Projects” is a pseudo-workspace that Asana has deprecated; it is never synced.",
            "Leave the GID empty or choose another.",
            field="workspace_gid",
        )
    if not any(workspace.gid == gid for workspace in workspaces):
        known = ", ".join(
            f"{workspace.name} ({workspace.gid})"
            for workspace in workspaces
            if workspace.gid != PERSONAL_PROJECTS
        )
        raise CannotConnect(
            f"{account.name} does not see an organization or workspace with the GID {gid}.",
            f"Visible are: {known or 'none'}.",
            field="workspace_gid",
        )


def _check_name(wish: ConnectionSettings) -> None:
    taken = Connection.objects.filter(name__iexact=wish.name)
    if wish.reconnects:
        taken = taken.exclude(pk=wish.reconnects.pk)
    if taken.filter(disconnected_at=None).exists():
        raise _name_taken(wish.name)


def _name_taken(name: str) -> CannotConnect:
    return CannotConnect(
        f"A connection with the name “{name}” exists already.", "Choose another name.", field="name"
    )


@transaction.atomic
def _store(wish: ConnectionSettings, account: AsanaUser, tokens: Tokens, actor: Actor) -> Connection:
    connection = Connection.objects.select_for_update().filter(asana_user_gid=account.gid).first()
    if wish.reconnects and (connection is None or connection.pk != wish.reconnects.pk):
        raise CannotConnect(
            f"You allowed access as {account.name}, but this connection is of {wish.reconnects.asana_user_name}.",
            "Sign in to Asana as that account, or connect this one anew.",
        )
    if connection is None:
        connection = Connection(asana_user_gid=account.gid, sync_at=spread_time(account.gid))
    elif not wish.reconnects and connection.is_connected:
        raise CannotConnect(
            f"{account.name} is already connected, as “{connection.name}”.",
            "Reconnect or change that connection, or connect as another Asana account.",
        )
    _check_name(ConnectionSettings(wish.name, reconnects=connection if connection.pk else None))
    before = facts_of(connection) if connection.pk else None
    connection.name = wish.name
    connection.mode = wish.mode
    connection.authorization = tokens.authorization
    connection.workspace_gid = wish.workspace_gid
    connection.asana_user_name = account.name or account.email or account.gid
    connection.asana_user_email = account.email or ""
    secrets_given = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_at": tokens.expires_at,
    }
    # A reconnect without a new one keeps the old one.
    if wish.service_token or not wish.reconnects or not _is_readable(connection):
        secrets_given["service_token"] = wish.service_token
        connection.has_service_token = bool(wish.service_token)
    connection.disconnected_at = None
    connection.next_sync_at = next_daily_sync(connection, timezone.now())
    if connection.problem_kind != "asking":  # who may have left is a question that new tokens do not answer
        connection.problem = connection.problem_remedy = connection.problem_kind = ""
    try:
        connection.save()
    except IntegrityError as error:  # somebody else stored the same account or name this very moment
        raise CannotConnect("This account or name was connected a moment ago.", "Look again.") from error
    # Not update_or_create: it reads the old tokens first, and the key to them may be lost.
    if not Credentials.objects.filter(connection=connection).update(**secrets_given):
        Credentials.objects.create(connection=connection, **secrets_given)
    action = "connection.connected" if before is None else "connection.reconnected"
    record(actor, action, subject_of(connection), before=before, after=facts_of(connection))
    return connection


def _is_readable(connection: Connection) -> bool:
    try:
        Credentials.objects.filter(connection=connection).first()
    except SecretUnreadable:
        return False
    return True


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
