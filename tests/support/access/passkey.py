"""A passkey in software: what a browser and its authenticator would answer."""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class SoftPasskey:
    def __init__(self, origin: str = "https://usher.example", rp_id: str = "usher.example") -> None:
        self.origin, self.rp_id = origin, rp_id
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.user_handle = ""

    def made(self, options: dict[str, Any]) -> str:
        """The answer to creation options, as the form posts it."""
        options = options["creation_options"]["publicKey"]
        self.user_handle = options["user"]["id"]
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        attested = b"\0" * 16 + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(PRESENT | VERIFIED | ATTESTED) + attested
        return self._answer(
            {
                "clientDataJSON": self._client("webauthn.create", options["challenge"]),
                "attestationObject": websafe_encode(
                    cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
                ),
            }
        )

    def used(self, options: dict[str, Any], *, verified: bool = True) -> str:
        """The answer to request options."""
        client = self._client("webauthn.get", options["request_options"]["publicKey"]["challenge"])
        data = self._data(PRESENT | (VERIFIED if verified else 0))
        signed = data + hashlib.sha256(self._raw(client)).digest()
        return self._answer(
            {
                "clientDataJSON": client,
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
                "userHandle": self.user_handle,
            }
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + b"\0\0\0\0"

    def _client(self, kind: str, challenge: str) -> str:
        return websafe_encode(
            json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()
        )

    def _raw(self, client: str) -> bytes:
        from fido2.utils import websafe_decode

        return websafe_decode(client)

    def _answer(self, response: dict[str, str]) -> str:
        name = websafe_encode(self.id)
        return json.dumps(
            {
                "type": "public-key",
                "id": name,
                "rawId": name,
                "response": response,
                "clientExtensionResults": {"credProps": {"rk": True}},
            }
        )
