"""Connecting by OAuth: to Asana's consent page, and back with a code."""

import hashlib
import logging
import secrets
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone

from usher.asana import AsanaError, OAuthApp, TokenSet, pkce_pair
from usher.connections.client import bearer, not_for_long
from usher.connections.connecting.account import check_account, check_service_account
from usher.connections.connecting.settings import CannotConnect, ConnectionSettings, check_name
from usher.connections.connecting.store import AccountTokens, store_connection
from usher.connections.models import ConnectAttempt, Connection, Mode
from usher.connections.oauth_app import oauth_app, redirect_uri_for_connect
from usher.ledger.actors import Actor

log = logging.getLogger(__name__)


def check_before_consent(settings: ConnectionSettings) -> None:
    """Finds what is wrong before the person goes to Asana's consent page. Raises CannotConnect."""
    _app()
    check_name(settings.name, settings.reconnects)
    if settings.service_token:
        async_to_sync(check_service_account)(settings.service_token)


def begin_oauth(settings: ConnectionSettings, user_id: int, session_key: str) -> tuple[ConnectAttempt, str]:
    """Stores the attempt and returns it with the address of Asana's consent page. Raises CannotConnect."""
    app = _app()
    state = secrets.token_urlsafe(32)
    verifier, challenge = pkce_pair()
    attempt = ConnectAttempt.objects.create(
        state_hash=_hash(state),
        session_key=session_key,
        user_id=user_id,
        code_verifier=verifier,
        redirect_uri=redirect_uri_for_connect(),
        reconnects=settings.reconnects,
        name=settings.name,
        mode=settings.mode,
        workspace_gid=settings.workspace_gid,
        service_token=settings.service_token,
    )
    return attempt, app.authorize_url(state=state, code_challenge=challenge)


def take_attempt(session_key: str, *, state: str = "", attempt_id: int | None = None) -> ConnectAttempt:
    """The attempt of this session, used up: by `state` after a redirect, by id for a copied code.

    Raises CannotConnect for a state that is forged, belongs to another session, is too old or was used before.
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
            "This return from Asana was not started here, is too old, or was used before.",
            "Start Connect again.",
        )
    return attempt


def finish_oauth(attempt: ConnectAttempt, code: str, actor: Actor) -> Connection:
    """Trades the code for tokens, checks the account and stores the connection. Raises CannotConnect."""
    app = oauth_app(attempt.redirect_uri)
    if app is None:
        raise CannotConnect(
            "The Asana OAuth app was removed in the meantime.", "Set it up again, then connect."
        )
    settings = ConnectionSettings(
        name=attempt.name,
        mode=Mode(attempt.mode),
        workspace_gid=attempt.workspace_gid,
        service_token=attempt.service_token,
        reconnects=attempt.reconnects,
    )
    answer = async_to_sync(_exchange)(app, code, attempt.code_verifier)
    tokens = AccountTokens(
        answer.access_token, Connection.Authorization.OAUTH, answer.refresh_token or "", answer.expires_at
    )
    try:
        account = async_to_sync(check_account)(settings, bearer(answer.access_token))
        return store_connection(settings, account, tokens, actor)
    except CannotConnect:
        # Of an account that is connected already the new token may be the very one in use.
        if not Connection.objects.filter(asana_user_gid=answer.user_gid or "", disconnected_at=None).exists():
            async_to_sync(revoke)(app, tokens.refresh_token)
        raise


async def revoke(app: OAuthApp, refresh_token: str) -> bool:
    """Ends the access at Asana. False when that failed, so that a person has to do it."""
    if not refresh_token:
        return True
    try:
        async with not_for_long():
            await app.revoke(refresh_token)
    except AsanaError as error:
        log.warning("Asana did not revoke a token: %s", error)
        return False
    return True


async def _exchange(app: OAuthApp, code: str, verifier: str) -> TokenSet:
    try:
        async with not_for_long():
            return await app.exchange(code.strip(), verifier)
    except AsanaError as error:
        raise CannotConnect(str(error), error.remedy) from error


def _app() -> OAuthApp:
    app = oauth_app()
    if app is None:
        raise CannotConnect("No Asana OAuth app is set up.", "Enter its client ID and secret first.")
    return app


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
