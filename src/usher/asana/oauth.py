"""The consent page and the token endpoints of Asana's OAuth 2.0 (authorization code with PKCE)."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import msgspec

from usher.asana.answers import content_of, read, unreadable
from usher.asana.errors import (
    ConsentRefused,
    InvalidClient,
    InvalidGrant,
    MalformedAnswer,
    NotAuthorized,
    OAuthError,
    RateLimited,
    Reason,
    ScopeRefused,
    Unavailable,
)
from usher.asana.http import TIMEOUT, checked, not_reached, trusted_certificates, user_agent
from usher.asana.retry import Retries, may_be_done

_RETRIES = Retries(tries=4, seconds=60)


class TokenSet(msgspec.Struct, frozen=True):
    """Tokens from Asana. `refresh_token` is None when Asana sent none: keep the old one."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime
    user_gid: str | None = None
    user_name: str | None = None
    user_email: str | None = None

    def __repr__(self) -> str:
        return f"TokenSet(user_gid={self.user_gid!r}, expires_at={self.expires_at.isoformat()})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("user_gid", self.user_gid), ("expires_at", self.expires_at)]


class _Person(msgspec.Struct, frozen=True):
    id: str | int | None = None  # older answers have `id`, newer ones `gid`
    gid: str | None = None
    name: str | None = None
    email: str | None = None


class _TokenAnswer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 3600
    refresh_token: str | None = None
    data: _Person | None = None


class _OAuthErrorAnswer(msgspec.Struct, frozen=True):
    error: str
    error_description: str | None = None


_token_answers = msgspec.json.Decoder(_TokenAnswer)
_refusals = msgspec.json.Decoder(_OAuthErrorAnswer)
_anything = msgspec.json.Decoder(msgspec.Raw)


def pkce_pair() -> tuple[str, str]:
    """A new verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def refusal_in(callback: Mapping[str, str]) -> OAuthError | None:
    """The error in the query of Asana's redirect; None when there is none."""
    code = callback.get("error")
    return _refused(code, callback.get("error_description", ""), path="/-/oauth_authorize") if code else None


class OAuthApp:
    """The customer's own app, as registered with Asana."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        url: str = "https://app.asana.com",
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        retries: Retries = _RETRIES,
    ) -> None:
        self.client_id = client_id
        self.redirect_uri = redirect_uri
        self.url = checked(url)
        self._client_secret = client_secret
        self._transport = transport
        self._retries = retries

    def __repr__(self) -> str:
        return f"OAuthApp(client_id={self.client_id!r}, redirect_uri={self.redirect_uri!r}, url={self.url!r})"

    def authorize_url(self, state: str, code_challenge: str, scope: str = "default") -> str:
        """The page that asks the person for consent."""
        query = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge_method": "S256",
            "code_challenge": code_challenge,
            "scope": scope,
        }
        return f"{self.url}/-/oauth_authorize?{urlencode(query)}"

    async def exchange(self, code: str, verifier: str) -> TokenSet:
        """Tokens for a code. Raises InvalidGrant when it is unknown, used or too old."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.redirect_uri,
        }
        # A code works once: only a request that certainly did not arrive may be sent again.
        return _tokens(await self._post("/-/oauth_token", form, repeatable=False))

    async def refresh(self, refresh_token: str) -> TokenSet:
        """A new access token. Raises NotAuthorized (revoked) when Asana refuses."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "redirect_uri": self.redirect_uri,
        }
        try:
            return _tokens(await self._post("/-/oauth_token", form, repeatable=True))
        except InvalidGrant as error:
            raise NotAuthorized(
                "Asana no longer accepts this connection: the access was revoked.",
                reason=Reason.REVOKED,
                status=error.status or 400,
                asana_message=error.asana_message,
                method=error.method,
                path=error.path,
            ) from error

    async def revoke(self, refresh_token: str) -> None:
        """Ends the access at Asana, including access tokens. Does nothing when it has already ended."""
        await self._post("/-/oauth_revoke", {"token": refresh_token}, repeatable=True)

    async def _post(self, path: str, form: Mapping[str, str], *, repeatable: bool) -> httpx.Response:
        whole = {**form, "client_id": self.client_id, "client_secret": self._client_secret}
        loop = asyncio.get_running_loop()
        began, failures = loop.time(), 0
        async with httpx.AsyncClient(
            transport=self._transport,
            timeout=TIMEOUT,
            headers={"User-Agent": user_agent()},
            verify=trusted_certificates(),
        ) as http:
            while True:
                try:
                    return await self._post_once(http, path, whole)
                except (Unavailable, RateLimited, MalformedAnswer) as error:
                    failures += 1
                    wait = self._retries.wait_after(error, failures, loop.time() - began)
                    if wait is None or not (repeatable or not may_be_done(error)):
                        raise
                    await asyncio.sleep(wait)

    async def _post_once(self, http: httpx.AsyncClient, path: str, form: Mapping[str, str]) -> httpx.Response:
        try:
            response = await http.post(self.url + path, data=dict(form))
        except httpx.RequestError as error:
            raise not_reached(error, "POST", path) from None
        if 400 <= response.status_code < 500 and response.status_code != 429:
            try:
                refusal = _refusals.decode(content_of(response))
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass
            else:
                description = refusal.error_description or ""
                for secret in form.values():
                    description = description.replace(secret, "…") if len(secret) > 8 else description
                raise _refused(refusal.error, description, path=path, status=response.status_code)
        if response.is_success and path.endswith("oauth_revoke"):
            return response
        read(response, _anything, "POST", path)
        return response


def _tokens(response: httpx.Response) -> TokenSet:
    try:
        answer = _token_answers.decode(content_of(response))
    except msgspec.DecodeError:
        raise unreadable(response, "POST", "/-/oauth_token") from None
    person = answer.data or _Person()
    gid = person.gid or person.id
    return TokenSet(
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        expires_at=datetime.now(UTC) + timedelta(seconds=answer.expires_in),
        user_gid=None if gid is None else str(gid),
        user_name=person.name,
        user_email=person.email,
    )


def _refused(code: str, description: str, *, path: str, status: int = 400) -> OAuthError:
    kind, message = {
        "access_denied": (ConsentRefused, "Access was denied on Asana's page."),
        "invalid_grant": (InvalidGrant, "Asana does not accept the code or token."),
        "invalid_client": (InvalidClient, "Asana does not accept the app's client ID or secret."),
        "unauthorized_client": (InvalidClient, "Asana does not accept the app's client ID or secret."),
        "redirect_uri_mismatch": (InvalidClient, "The redirect address is not the one registered at Asana."),
        "invalid_scope": (ScopeRefused, "Asana does not give the app the permissions that Usher needs."),
        "forbidden_scopes": (ScopeRefused, "Asana does not give the app the permissions that Usher needs."),
    }.get(code, (OAuthError, f"Asana refused the sign-in ({code[:60]})."))
    said = f" Asana says: {description[:500]}" if description else ""
    method = "GET" if path.endswith("authorize") else "POST"
    return kind(
        message + said,
        code=code[:60],
        status=status,
        asana_message=description[:500],
        method=method,
        path=path,
    )
