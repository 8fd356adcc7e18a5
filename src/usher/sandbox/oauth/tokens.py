"""OAuth codes and tokens. Tokens are signed and hold their content, so that they survive a restart."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

import msgspec

from usher.sandbox.http.answers import unauthorized
from usher.sandbox.http.faults import TOKEN_EXPIRED

ACCESS_TOKEN_SECONDS = 3_600
CODE_SECONDS = 600
_PREFIXES = {"access": "sandbox-access-", "refresh": "sandbox-refresh-"}


class OAuthRefusedError(Exception):
    """Becomes a response in OAuth's format: `error` and `error_description`."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class Code(msgspec.Struct, frozen=True):
    person: int
    client_id: str
    redirect_uri: str
    challenge: str | None
    issued_at: float


class _Meaning(msgspec.Struct, array_like=True, frozen=True):
    kind: str
    person: int
    grant: str
    issued_at: float


class OAuthTokens:
    def __init__(
        self,
        secret: bytes,
        access_token_seconds: float = ACCESS_TOKEN_SECONDS,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        self._secret = secret
        self._seconds = seconds
        self.access_token_seconds = access_token_seconds
        self._codes: dict[str, Code] = {}
        self._used_codes: dict[str, str] = {}
        self._revoked_grants: set[str] = set()
        self._expired_before = 0.0
        self.app_is_revoked = False

    def code(self, person: int, client_id: str, redirect_uri: str, challenge: str | None) -> str:
        code = f"2/{person}/{secrets.token_hex(12)}"
        self._codes[code] = Code(person, client_id, redirect_uri, challenge, self._seconds())
        return code

    def exchange(
        self, code: str, client_id: str, redirect_uri: str, verifier: str | None
    ) -> tuple[int, str, str]:
        """The person, an access token and a refresh token. Using a code twice revokes the tokens of the first use."""
        issued = self._codes.pop(code, None)
        if issued is None:
            if grant := self._used_codes.get(code):
                self._revoked_grants.add(grant)
            raise OAuthRefusedError("invalid_grant", "The `code` provided was invalid.")
        if self._seconds() - issued.issued_at > CODE_SECONDS:
            raise OAuthRefusedError("invalid_grant", "The `code` provided has expired.")
        if (client_id, redirect_uri) != (issued.client_id, issued.redirect_uri):
            raise OAuthRefusedError("invalid_grant", "The `redirect_uri` does not match the one of the code.")
        if issued.challenge is not None and s256(verifier or "") != issued.challenge:
            raise OAuthRefusedError("invalid_grant", "The `code_verifier` provided was invalid.")
        grant = secrets.token_hex(8)
        self._used_codes[code] = grant
        self.app_is_revoked = False
        return (
            issued.person,
            self._token("access", issued.person, grant),
            self._token("refresh", issued.person, grant),
        )

    def refresh(self, refresh_token: str) -> tuple[int, str]:
        """The person and a new access token. There is no new refresh token, as in Asana."""
        meaning = self._meaning(refresh_token)
        if meaning is None or meaning.kind != "refresh" or self._is_revoked(meaning):
            raise OAuthRefusedError("invalid_grant", "The `refresh_token` provided was invalid.")
        return meaning.person, self._token("access", meaning.person, meaning.grant)

    def revoke(self, token: str) -> None:
        """Unknown tokens are accepted; access tokens are rejected."""
        meaning = self._meaning(token)
        if meaning is not None and meaning.kind == "access":
            raise OAuthRefusedError("invalid_request", "The `token` must be a refresh token.")
        if meaning is not None:
            self._revoked_grants.add(meaning.grant)

    def person_of_access_token(self, token: str) -> int:
        """Raises AsanaError 401."""
        meaning = self._meaning(token)
        if meaning is None or meaning.kind != "access" or self._is_revoked(meaning):
            raise unauthorized()
        if (
            meaning.issued_at < self._expired_before
            or self._seconds() - meaning.issued_at >= self.access_token_seconds
        ):
            raise unauthorized(TOKEN_EXPIRED)
        return meaning.person

    def expire_access_tokens(self) -> None:
        self._expired_before = self._seconds()

    def _is_revoked(self, meaning: _Meaning) -> bool:
        return self.app_is_revoked or meaning.grant in self._revoked_grants

    def _token(self, kind: str, person: int, grant: str) -> str:
        raw = msgspec.msgpack.encode(_Meaning(kind, person, grant, self._seconds()))
        return _PREFIXES[kind] + base64.urlsafe_b64encode(self._sign(raw) + raw).decode().rstrip("=")

    def _meaning(self, token: str) -> _Meaning | None:
        prefix = next((p for p in _PREFIXES.values() if token.startswith(p)), None)
        if prefix is None:
            return None
        text = token.removeprefix(prefix)
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return None
        signature, raw = raw[:12], raw[12:]
        if not hmac.compare_digest(signature, self._sign(raw)):
            return None
        return msgspec.msgpack.decode(raw, type=_Meaning)

    def _sign(self, raw: bytes) -> bytes:
        return hmac.digest(self._secret, raw, "sha256")[:12]


def s256(verifier: str) -> str:
    """RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
