"""An OpenID Connect provider in this process that signs whatever a test wants, right or wrong."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.support.http_server import serving

CLIENT_ID, CLIENT_SECRET = "usher", "a client secret that is long enough for HMAC"


class Key:
    """A key that signs tokens."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return found | {"kid": self.name, "use": "sig", "alg": "RS256"}


class ForgingProvider:
    """`claims` go into the ID token, `userinfo` is what its endpoint answers; `change` alters the token last."""

    def __init__(self) -> None:
        self.keys = [Key("first")]
        self.signs_with = self.keys[0]
        self.claims: dict[str, Any] = {
            "sub": "sub-1",
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada Lovelace",
        }
        self.userinfo: dict[str, Any] | None = None
        self.configuration: dict[str, Any] = {}
        self.token: str | None = None
        self.is_down = False
        self.asked: list[dict[str, str]] = []
        """Requests to the token endpoint."""
        self.issuer = ""

    def discovery(self) -> dict[str, Any]:
        return (
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
            | ({"userinfo_endpoint": f"{self.issuer}/me"} if self.userinfo else {})
            | self.configuration
        )

    def id_token(self, nonce: str, /, **changed: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.claims | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.signs_with
        return jwt.encode(claims, key.private, "RS256", {"kid": key.name})

    def answer(self, path: str, body: str) -> tuple[int, object]:
        if self.is_down:
            return 503, "down"
        if path == "/.well-known/openid-configuration":
            return 200, self.discovery()
        if path == "/jwks":
            return 200, {"keys": [key.public() for key in self.keys]}
        if path == "/me":
            return 200, self.userinfo
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked.append(asked)
        if asked.get("client_secret") != CLIENT_SECRET:
            return 401, {"error": "invalid_client"}
        if asked.get("code") != "right":
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.token}


@contextmanager
def forging_provider() -> Iterator[ForgingProvider]:
    provider = ForgingProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, body: str) -> None:
            status, found = provider.answer(self.path, body)
            sent = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with serving(Handler) as provider.issuer:
        yield provider
